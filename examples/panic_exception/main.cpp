// An exception that leaves a goroutine is a panic: it ends the whole program, with status 2. One
// that is caught in the goroutine is nobody else's business.
// After "Panic" and "Recover" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>
#include <stdexcept>

void work(int step) {
  if (step > 1) throw std::runtime_error("boom");
  throw std::runtime_error("a small mishap");
}

int main() {
  return offset::run([] {
    auto done = offset::make_chan<void>();
    offset::go([=] {
      try {
        work(1);
      } catch (const std::exception& e) {
        std::printf("caught: %s\n", e.what());
      }
      done.send();
    });
    done.recv();

    offset::go([=] {
      work(2);
      done.send();
    });
    done.recv();
    std::puts("never printed");
  });
}
