// Anything can be thrown, as anything can be given to Go's panic: here a number. The destructors of
// the goroutine run first, then the whole program ends with status 2.
// After "Panic" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>

struct light {
  light() { std::puts("lights on"); }
  ~light() { std::puts("lights off"); }
  light(const light&) = delete;
  light& operator=(const light&) = delete;
};

void search(int room) {
  const light on;
  if (room == 101) throw room;
  std::puts("nothing here");
}

int main() {
  return offset::run([] {
    auto done = offset::make_chan<void>();
    offset::go([=] {
      search(100);
      search(101);
      done.send();
    });
    done.recv();
    std::puts("never printed");
  });
}
