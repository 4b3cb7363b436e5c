// goexit ends the goroutine that calls it, however deep inside, and nobody else: its destructors
// run, and no panic is reported.
// After the documentation of Go's runtime.Goexit.
#include <cstdio>
#include <offset/offset.hpp>

void check(int door) {
  if (door == 3) {
    std::puts("door 3 is locked");
    offset::goexit();
  }
  std::printf("door %d is open\n", door);
}

void walk_through() {
  for (int door = 1;; ++door) check(door);
}

struct closing {
  offset::send_chan<void> done;
  ~closing() {
    std::puts("cleaned up");
    done.close();
  }
};

int main() {
  return offset::run([] {
    auto done = offset::make_chan<void>();
    offset::go([done] {
      const closing at_end{done};
      walk_through();
    });
    done.recv();
    std::puts("main goes on");
  });
}
