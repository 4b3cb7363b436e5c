// One done() too many: the counter of a wait_group must not fall below zero.
// After a mistake that the documentation of Go's sync.WaitGroup warns of.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    offset::sync::wait_group wg;
    wg.add(1);
    offset::go([&] {
      std::puts("done once");
      wg.done();
      std::puts("done twice");
      wg.done();
      std::puts("never printed");
    });
    offset::make_chan<void>().recv();  // waits for ever
  });
}
