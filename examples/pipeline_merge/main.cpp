// A stage of a pipeline that is slow is done by several goroutines, which share its input; merge
// brings what they send back together, and closes when all of them have.
// After fan-out and fan-in in the Go blog's "Pipelines and cancellation"; the results arrive in any
// order, and are put in order before they are printed.
#include <cstdio>
#include <offset/offset.hpp>
#include <set>
#include <vector>

offset::recv_chan<int> numbers(int count) {
  auto out = offset::make_chan<int>();
  offset::go([=] {
    for (int n = 1; n <= count; ++n) out.send(n);
    out.close();
  });
  return out;
}

offset::recv_chan<int> square(offset::recv_chan<int> in) {
  auto out = offset::make_chan<int>();
  offset::go([=] {
    for (int n : in) out.send(n * n);
    out.close();
  });
  return out;
}

offset::recv_chan<int> merge(std::vector<offset::recv_chan<int>> sources) {
  auto out = offset::make_chan<int>();
  offset::go([=] {
    offset::sync::wait_group wg;
    for (const auto& source : sources)
      wg.go([=] {
        for (int n : source) out.send(n);
      });
    wg.wait();
    out.close();
  });
  return out;
}

int main() {
  return offset::run([] {
    const auto in = numbers(12);
    std::set<int> squares;
    for (int n : merge({square(in), square(in), square(in)})) squares.insert(n);
    for (int n : squares) std::printf("%d\n", n);
  });
}
