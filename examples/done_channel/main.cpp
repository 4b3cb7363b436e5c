// To wait for one goroutine, receive from a channel on which it sends when it is done. A
// chan<void> carries no value, only the news.
// After "Channel Synchronization" in Go by Example.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

void work(offset::send_chan<void> done) {
  std::puts("working");
  offset::time::sleep(50ms);
  std::puts("done");
  done.send();
}

int main() {
  return offset::run([] {
    auto done = offset::make_chan<void>(1);
    offset::go(work, done);
    done.recv();  // without this, main would return before the work had begun
    std::puts("everybody can go home");
  });
}
