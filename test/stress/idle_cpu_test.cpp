// Hazard 8's other half: a program in which nothing happens uses no CPU. Not a time but a count:
// the CPU time of the whole process while it is idle, in all its threads.
#include <chrono>
#include <sys/resource.h>
#include <thread>

#include <gtest/gtest.h>

#include "stress.h"

namespace {

using namespace std::chrono_literals;

std::chrono::microseconds cpu_used() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return std::chrono::seconds(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         std::chrono::microseconds(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

// A poll interval of even 10 ms would be a hundred wake-ups a second, 5 ms of CPU or more.
void expect_idle() {
  const auto span = 2s * std::max(1, static_cast<int>(stress::factor() / 4));
  std::this_thread::sleep_for(2500ms);  // it settles: stacks are trimmed, watchers go to sleep
  const auto before = cpu_used();
  std::this_thread::sleep_for(span);
  const auto used = cpu_used() - before;
  testing::Test::RecordProperty("cpu_us", static_cast<int>(used.count()));
  EXPECT_LT(used, 1ms * std::chrono::duration_cast<std::chrono::seconds>(span).count())
      << used.count() << " us of CPU in " << span.count() << " s of nothing";
}

TEST(IdleCpu, ParkedGoroutines) {
  offset::runtime r;
  auto never = offset::make_chan<int>();
  for (int i = 0; i < 1000; ++i) offset::go([=] { never.recv(); });
  expect_idle();
}

TEST(IdleCpu, ATimerFarAway) {
  offset::runtime r;
  auto never = offset::make_chan<int>();
  const offset::time::timer later{1h};
  offset::go([=] { offset::time::sleep(2h); });
  offset::go([=] { offset::select(never.if_recv(), offset::timeout(3h)); });
  expect_idle();
}

TEST(IdleCpu, AfterWork) {
  offset::runtime r;
  auto c = offset::make_chan<int>(16);
  offset::sync::wait_group all;
  for (int i = 0; i < 100; ++i)
    all.go([=] {
      for (int n = 0; n < 1000; ++n) {
        c.send(n);
        c.recv();
      }
    });
  all.wait();
  offset::blocking([] {});
  expect_idle();
}

}  // namespace
