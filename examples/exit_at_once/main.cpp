// std::exit in any goroutine ends the whole program at once: nobody else's destructors run.
// After "Exit" in Go by Example.
#include <cstdio>
#include <cstdlib>
#include <offset/offset.hpp>

struct farewell {
  ~farewell() { std::puts("never printed"); }
};

int main() {
  return offset::run([] {
    const farewell at_end;
    offset::go([] {
      std::puts("leaving with 3");
      std::exit(3);
    });
    offset::make_chan<void>().recv();  // waits for ever
  });
}
