// Hazard 9: timers, and completions, that need a thread of a pool that is full. Here every carrier
// and every thread of the I/O pool is busy.
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::rounds;

TEST(full_pools, timers_fire) {
  long fired = 0;
  offset::run({.io_threads = 4}, [&] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    // The I/O pool, and a queue behind it.
    for (int i = 0; i < 8; ++i)
      all.go([&] {
        offset::blocking([&] {
          while (!stop.load()) usleep(500);
        });
      });
    // The carriers, by loops and by calls that nobody announced.
    for (int i = 0; i < 20; ++i)
      all.go([&, i] {
        if (i % 2 == 0)
          while (!stop.load(std::memory_order_relaxed)) stress::burn(100);
        else
          while (!stop.load()) usleep(500);
      });
    auto ran = offset::make_chan<void>();
    for (int i = 0; i < 10; ++i) {
      offset::time::sleep(1ms);
      offset::time::after(1ms).recv();
      auto f = offset::time::after_func(1ms, [=] { ran.send(); });
      ran.recv();
      auto nobody = offset::make_chan<int>();
      int v = 0;
      if (nobody.recv_for(v, 1ms) != offset::op_status::timeout) std::abort();
      if (offset::select(nobody.if_recv(), offset::timeout(1ms)) != 1) std::abort();
      ++fired;
    }
    stop.store(true);
    all.wait();
  });
  EXPECT_EQ(fired, 10);
}

// Every call waits for what a queued one would bring: an error, no hang.
TEST(full_pools, calls_that_can_never_end_are_told) {
  int told = 0;
  offset::run({.io_threads = 2}, [&] {
    auto c = offset::make_chan<int>();
    auto results = offset::make_chan<bool>(3);
    for (int i = 0; i < 2; ++i)
      offset::go([=] {
        offset::blocking([&] { c.recv(); });
        results.send(true);
      });
    offset::yield();
    offset::time::sleep(5ms);
    offset::go([=] {
      try {
        offset::blocking([&] { c.close(); });
        results.send(true);
      } catch (const std::system_error&) {
        results.send(false);
        c.close();
      }
    });
    for (int i = 0; i < 3; ++i)
      if (!*results.recv()) ++told;
  });
  EXPECT_EQ(told, 1);
}

// Long calls in the whole pool, short ones queued behind; everything ends.
TEST(full_pools, queued_calls_get_their_turn) {
  std::atomic<long> ended{0};
  const long calls = rounds(2'000);
  offset::run({.io_threads = 3}, [&] {
    offset::sync::wait_group all;
    for (long i = 0; i < calls; ++i)
      all.go([&, i] {
        offset::blocking([i] {
          if (i % 100 == 0) usleep(2'000);
        });
        ended.fetch_add(1);
      });
    all.wait();
  });
  EXPECT_EQ(ended.load(), calls);
}

}  // namespace
