// When main returns the program is over, whoever still waits: goroutines are left where they are,
// and what they would have done at their end is not done.
// After the producers that leak in "Go Concurrency Patterns: Pipelines and cancellation".
#include <cstdio>
#include <offset/offset.hpp>

struct farewell {
  ~farewell() { std::puts("never printed"); }
};

int main() {
  return offset::run([] {
    auto numbers = offset::make_chan<int>();
    for (int i = 0; i < 10; ++i)
      offset::go([=] {
        const farewell at_end;
        for (;;) numbers.send(7);  // nobody receives the second
      });
    std::printf("received %d, and that is enough\n", numbers.recv().value());
  });
}
