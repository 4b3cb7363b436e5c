// 503 goroutines stand in a ring and pass a token on, which counts down to zero; prints who has it
// then.
// After "thread-ring" of the Computer Language Benchmarks Game.
#include <cstdio>
#include <offset/offset.hpp>

void stand(int number, offset::recv_chan<int> in, offset::send_chan<int> out,
           offset::send_chan<int> last) {
  for (int token : in) {
    if (token == 0)
      last.send(number);
    else
      out.send(token - 1);
  }
}

int main() {
  return offset::run([] {
    constexpr int size = 503;
    const auto first = offset::make_chan<int>();
    const auto last = offset::make_chan<int>();
    auto in = first;
    for (int number = 1; number <= size; ++number) {
      auto out = number < size ? offset::make_chan<int>() : first;
      offset::go(stand, number, in, out, last);
      in = out;
    }
    for (int token : {1'000, 50'000}) {
      first.send(token);
      std::printf("%d: %d\n", token, last.recv().value());
    }
  });
}
