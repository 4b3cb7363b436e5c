// A pipeline: each stage is a goroutine that receives from one channel and sends to the next, and
// closes it at the end. Stages that take and give the same type can be chained at will.
// After the first pipeline of the Go blog's "Pipelines and cancellation".
#include <cstdio>
#include <initializer_list>
#include <offset/offset.hpp>
#include <vector>

offset::recv_chan<int> numbers(std::initializer_list<int> list) {
  auto out = offset::make_chan<int>();
  offset::go([out, values = std::vector<int>(list)] {
    for (int n : values) out.send(n);
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

int main() {
  return offset::run([] {
    for (int n : square(numbers({2, 3, 5}))) std::printf("%d\n", n);
    for (int n : square(square(numbers({2, 3, 5})))) std::printf("%d\n", n);
  });
}
