// Starts a goroutine: two voices speak at the same time.
// After "Goroutines" in A Tour of Go; here one voice starts half a beat late, so that the order is
// the same in every run.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

void say(const char* word) {
  for (int i = 0; i < 3; ++i) {
    offset::time::sleep(120ms);
    std::puts(word);
  }
}

int main() {
  return offset::run([] {
    offset::go(say, "hello");
    offset::time::sleep(60ms);
    say("world");
  });
}
