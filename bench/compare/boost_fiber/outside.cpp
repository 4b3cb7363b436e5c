// Sleeping, other threads, and CPU time.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "bench.hpp"

using namespace bench;

static const workload sleepers(
    "sleepers", 100'000,
    [](std::int64_t count) {
      using clock = std::chrono::steady_clock;
      using ms = std::chrono::duration<double, std::milli>;
      std::vector<clock::duration> late(static_cast<std::size_t>(count));
      const auto all = make_countdown(count);
      const clock::time_point began = clock::now();
      for (std::int64_t i = 0; i < count; ++i)
        go(fibers::launch::dispatch, [all, &slot = late[static_cast<std::size_t>(i)], i] {
          // Spread evenly, in an order without a pattern.
          const std::chrono::microseconds length{1'000 + i * 7'919 % 99'001};
          const clock::time_point due = clock::now() + length;
          boost::this_fiber::sleep_for(length);
          slot = clock::now() - due;
          all->done();
        });
      all->wait();
      const ms wall = clock::now() - began;
      const auto p99 = late.begin() + static_cast<std::ptrdiff_t>(late.size() * 99 / 100);
      std::nth_element(late.begin(), p99, late.end());
      report("sleepers_wall", wall.count(), "ms");
      report("sleepers_late_p99", ms(*p99).count(), "ms");
    },
    start::by_own);

static const workload wake_outside(
    "wake_outside", 3'000,
    [](std::int64_t count) {
      using clock = std::chrono::steady_clock;
      const auto sent = std::make_shared<unbuffered<clock::time_point>>();
      const auto seen = std::make_shared<unbuffered<int>>();
      std::thread outside([=] {
        int none = 0;
        for (std::int64_t n = 0; n < count; ++n) {
          // Long enough for the other threads to fall asleep.
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          sent->push(clock::now());
          seen->pop(none);
        }
        sent->close();
      });
      std::vector<double> took;
      for (clock::time_point at : *sent) {
        took.push_back(std::chrono::duration<double, std::micro>(clock::now() - at).count());
        seen->push(0);
      }
      outside.join();
      std::sort(took.begin(), took.end());
      report("wake_outside_p50", took[took.size() / 2], "µs");
      report("wake_outside_p99", took[took.size() * 99 / 100], "µs");
    },
    start::by_own);

static const workload idle_cpu(
    "idle_cpu", 1'000,
    [](std::int64_t count) {
      const auto never = std::make_shared<unbuffered<int>>();
      for (std::int64_t i = 0; i < count; ++i)
        go([=] {
          int none = 0;
          never->pop(none);
        });
      boost::this_fiber::sleep_for(std::chrono::milliseconds(100));
      const double before = used();
      boost::this_fiber::sleep_for(std::chrono::seconds(10));
      report("idle_cpu", used() - before, "ms");
    },
    start::by_own);
