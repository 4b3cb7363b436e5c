// A timer fires once, unless it is stopped before; it can be set anew, or call a function.
// After "Timers" in Go by Example.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

int main() {
  return offset::run([] {
    offset::time::timer first{50ms};
    first.c().recv();
    std::puts("the first timer fired");

    offset::time::timer second{100ms};
    if (second.stop()) std::puts("the second timer was stopped in time");
    switch (offset::select(second.c().if_recv(), offset::timeout(200ms))) {
      case 0: std::puts("it fired all the same"); break;
      case 1: std::puts("it never fired"); break;
    }

    offset::time::timer third{1h};
    if (third.reset(50ms)) std::puts("the third timer was set anew");
    third.c().recv();
    std::puts("the third timer fired");

    auto done = offset::make_chan<void>();
    auto fourth = offset::time::after_func(50ms, [=] {
      std::puts("the fourth timer called its function");
      done.send();
    });
    done.recv();
    if (!fourth.stop()) std::puts("too late to stop it");
  });
}
