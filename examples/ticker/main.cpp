// A ticker strikes again and again until it is stopped; stopping it does not close its channel.
// After "Tickers" in Go by Example; the number of the tick is printed instead of its time.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

int main() {
  return offset::run([] {
    offset::time::ticker ticker{60ms};
    for (int i = 1; i <= 4; ++i) {
      ticker.c().recv();
      std::printf("tick %d\n", i);
    }
    ticker.stop();

    switch (offset::select(ticker.c().if_recv(), offset::timeout(150ms))) {
      case 0: std::puts("one tick too many"); break;
      case 1: std::puts("stopped"); break;
    }
  });
}
