// Serves requests no faster than a ticker allows, then lets a short burst through before the rate
// applies again.
// After "Rate Limiting" in Go by Example; request numbers are printed instead of times.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

offset::recv_chan<int> five_requests() {
  auto requests = offset::make_chan<int>(5);
  for (int i = 1; i <= 5; ++i) requests.send(i);
  requests.close();
  return requests;
}

void report(std::chrono::steady_clock::time_point start, std::chrono::milliseconds least) {
  const bool slow_enough = std::chrono::steady_clock::now() - start >= least;
  std::puts(slow_enough ? "the rate was kept" : "too fast");
}

int main() {
  return offset::run([] {
    auto start = std::chrono::steady_clock::now();
    auto limiter = offset::time::tick(30ms);
    for (int request : five_requests()) {
      limiter.recv();
      std::printf("request %d\n", request);
    }
    report(start, 5 * 30ms);

    // Three tokens are there from the beginning, and each tick adds one.
    auto tokens = offset::make_chan<void>(3);
    for (int i = 0; i < 3; ++i) tokens.send();
    start = std::chrono::steady_clock::now();
    auto refill = offset::time::tick(30ms);
    offset::go([=] {
      for (;;) {
        refill.recv();
        tokens.send();
      }
    });
    for (int request : five_requests()) {
      tokens.recv();
      std::printf("bursty request %d\n", request);
    }
    report(start, 2 * 30ms);
  });
}
