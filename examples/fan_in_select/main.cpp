// One goroutine with a select listens to two channels. One that is closed would be ready at once
// again and again, so its handle is set to nil, which is never ready.
// After the fan-in with select of Rob Pike's talk "Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>
#include <optional>

offset::recv_chan<int> numbers(int from, int to, int step) {
  auto c = offset::make_chan<int>();
  offset::go([=] {
    for (int n = from; n <= to; n += step) c.send(n);
    c.close();
  });
  return c;
}

offset::recv_chan<int> fan_in(offset::recv_chan<int> a, offset::recv_chan<int> b) {
  auto all = offset::make_chan<int>();
  offset::go([=]() mutable {
    while (a || b) {
      std::optional<int> n;
      const auto chosen = offset::select(a.if_recv(n), b.if_recv(n));
      if (n)
        all.send(*n);
      else
        (chosen == 0 ? a : b) = {};
    }
    all.close();
  });
  return all;
}

int main() {
  return offset::run([] {
    int count = 0;
    int even = 0;
    int total = 0;
    for (int n : fan_in(numbers(1, 99, 2), numbers(2, 40, 2))) {
      ++count;
      if (n % 2 == 0) ++even;
      total += n;
    }
    std::printf("%d numbers, %d of them even, total %d\n", count, even, total);
  });
}
