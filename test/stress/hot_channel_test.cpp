// Hazard 20: a contended hot channel collapses as threads are added. A measurement: the figures are
// in the output; what is asserted is that every value arrives.
#include <vector>

#include "stress.h"

namespace {

using stress::rounds;

double millions_a_second(unsigned procs, int capacity, int senders, int receivers, long each) {
  std::atomic<long> sum{0};
  std::atomic<long> count{0};
  double seconds = 0;
  offset::run({.maxprocs = procs}, [&] {
    auto c = offset::make_chan<long>(capacity);
    offset::sync::wait_group sent;
    offset::sync::wait_group received;
    const auto begin = std::chrono::steady_clock::now();
    for (int s = 0; s < senders; ++s)
      sent.go([=] {
        for (long i = 0; i < each; ++i) c.send(i);
      });
    for (int r = 0; r < receivers; ++r)
      received.go([&, c] {
        long own = 0;
        long n = 0;
        for (const long v : c) {
          own += v;
          ++n;
        }
        sum.fetch_add(own);
        count.fetch_add(n);
      });
    sent.wait();
    c.close();
    received.wait();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  });
  EXPECT_EQ(count.load(), senders * each);
  EXPECT_EQ(sum.load(), senders * (each * (each - 1) / 2));
  return static_cast<double>(senders * each) / seconds / 1e6;
}

TEST(hot_channel, throughput) {
  struct shape {
    const char* name;
    int capacity;
    int senders;
    int receivers;
  };
  const long total = rounds(400'000);
  std::printf("[ INFO     ] millions of values a second with 1, 2, 4, 8, 16 Ps\n");
  for (const shape& s : {shape{"unbuffered, 1 by 1", 0, 1, 1},
                         {"unbuffered, 8 by 8", 0, 8, 8},
                         {"capacity 1, 8 by 8", 1, 8, 8},
                         {"capacity 128, 1 by 1", 128, 1, 1},
                         {"capacity 128, 4 by 4", 128, 4, 4},
                         {"capacity 128, 32 by 32", 128, 32, 32}}) {
    double best = 0;
    double worst = 1e9;
    std::printf("[ INFO     ] %-24s", s.name);
    for (const unsigned procs : {1U, 2U, 4U, 8U, 16U}) {
      const double now =
          millions_a_second(procs, s.capacity, s.senders, s.receivers, total / s.senders);
      best = std::max(best, now);
      worst = std::min(worst, now);
      std::printf(" %8.2f", now);
      std::fflush(stdout);
    }
    std::printf("   worst/best %.2f\n", worst / best);
  }
}

}  // namespace
