// Schedules by seed: the same again, others for others, and the bugs that they find.
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <offset/testing.hpp>
#include <offset/testing/gtest.hpp>

#include "../support/program.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::select;
using offset::testing::bubble;
using offset::testing::bubble_error;
using offset::testing::explore;
using offset::testing::options;
using offset::testing::strategy;

namespace {

// What happens, in its order. The lock is not one that goroutines wait for: the schedule does not
// see it.
class log {
 public:
  void operator+=(const std::string& what) {
    const std::lock_guard<std::mutex> held(lock_);
    text_ += what;
  }
  std::string text() {
    const std::lock_guard<std::mutex> held(lock_);
    return text_;
  }

 private:
  std::mutex lock_;
  std::string text_;
};

// Everything that could be decided otherwise, written down as it happens.
std::string interleaving(const options& o) {
  log trace;
  bubble(o, [&] {
    auto c = make_chan<int>(2);
    auto d = make_chan<std::string>();
    auto done = make_chan<void>();
    auto collected = make_chan<void>();
    offset::sync::mutex m;
    offset::sync::wait_group all;
    for (int i = 0; i < 4; ++i) {
      all.go([&, i] {
        for (int k = 0; k < 5; ++k) {
          c.send(i * 10 + k);
          trace += 's' + std::to_string(i);
          const std::lock_guard<offset::sync::mutex> held(m);
          trace += 'm' + std::to_string(i);
        }
      });
      all.go([&, i] {
        for (int k = 0; k < 3; ++k) {
          offset::time::sleep(std::chrono::milliseconds(k * i));
          switch (select(d.if_send(std::to_string(i)), offset::timeout(2ms), c.if_recv())) {
            case 0: trace += "d"; break;
            case 1: trace += "t"; break;
            default: trace += "r";
          }
        }
      });
    }
    offset::go([&] {
      for (bool more = true; more;)
        select(
            c.if_recv([&](std::optional<int> v) { trace += 'C' + std::to_string(v.value_or(-1)); }),
            d.if_recv([&](std::optional<std::string> v) { trace += 'D' + v.value_or("-"); }),
            done.if_recv([&] { more = false; }));
      collected.close();
    });
    all.wait();
    done.close();
    collected.recv();
  });
  return trace.text();
}

TEST(Schedule, TheSameSeedGivesTheSameInterleaving) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_EQ(interleaving({.seed = seed}), interleaving({.seed = seed})) << seed;
}

TEST(Schedule, DifferentSeedsDiffer) {
  for (const strategy how : {strategy::random_walk, strategy::priorities}) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 50; ++seed)
      seen.insert(interleaving({.seed = seed, .how = how}));
    EXPECT_GT(seen.size(), 40U);
  }
}

TEST(Schedule, StrategiesFollowFromTheSeed) {
  EXPECT_EQ(interleaving({.seed = 8}), interleaving({.seed = 8, .how = strategy::random_walk}));
  EXPECT_EQ(interleaving({.seed = 9}), interleaving({.seed = 9, .how = strategy::priorities}));
}

TEST(Schedule, ASelectChoosesBySeed) {
  std::set<std::string> seen;
  explore(60, [&] {
    auto a = make_chan<int>(20);
    auto b = make_chan<int>(20);
    for (int i = 0; i < 8; ++i) a.send(i), b.send(i);
    std::string chosen;
    for (int i = 0; i < 8; ++i) chosen += select(a.if_recv(), b.if_recv()) == 0 ? 'a' : 'b';
    seen.insert(chosen);
  });
  EXPECT_GT(seen.size(), 20U);
}

// --- the bugs that exploring is for: each is there, and is found; the seed shows it again.

offset::chan<int> left;  // what a goroutine that is abandoned owns is never freed; this is

std::uint64_t seed_that_fails(unsigned n, options o, void (*f)()) {
  for (const std::uint64_t s : offset::testing::seeds(n, o)) {
    o.seed = s;
    try {
      bubble(o, f);
    } catch (const bubble_error& e) {
      EXPECT_EQ(e.seed(), s);
      EXPECT_THROW(bubble(o, f), bubble_error) << "not the same again: " << s;
      return s;
    }
  }
  return 0;
}

void locks_in_both_orders() {
  offset::sync::mutex a;
  offset::sync::mutex b;
  offset::sync::wait_group both;
  both.go([&] {
    const std::lock_guard<offset::sync::mutex> first(a);
    const std::lock_guard<offset::sync::mutex> second(b);
  });
  both.go([&] {
    const std::lock_guard<offset::sync::mutex> first(b);
    const std::lock_guard<offset::sync::mutex> second(a);
  });
  both.wait();
}
TEST(Exploring, FindsLocksTakenInBothOrders) {
  for (const strategy how : {strategy::by_seed, strategy::random_walk, strategy::priorities})
    EXPECT_NE(seed_that_fails(1'000, {.how = how}, locks_in_both_orders), 0U);
}

void reads_and_writes_rw() {
  offset::sync::rw_mutex rw;
  offset::sync::wait_group both;
  both.go([&] {
    rw.rlock();
    rw.rlock();  // a writer in between keeps it out, for ever
    rw.runlock();
    rw.runlock();
  });
  both.go([&] {
    rw.lock();
    rw.unlock();
  });
  both.wait();
}
TEST(Exploring, FindsARecursiveReadLock) {
  EXPECT_NE(seed_that_fails(1'000, {}, reads_and_writes_rw), 0U);
}

void check_then_receive() {
  left = make_chan<int>(1);
  left.send(1);
  offset::sync::wait_group both;
  for (int i = 0; i < 2; ++i)
    both.go([&] {
      if (left.len() > 0) left.recv();
    });
  both.wait();
}
TEST(Exploring, FindsACheckBeforeAReceive) {
  EXPECT_NE(seed_that_fails(1'000, {}, check_then_receive), 0U);
}

void lost_signal() {
  offset::sync::mutex m;
  offset::sync::cond c(m);
  offset::go([&] { c.signal(); });
  std::unique_lock<offset::sync::mutex> held(m);
  c.wait(held);
}
TEST(Exploring, FindsALostSignal) { EXPECT_NE(seed_that_fails(1'000, {}, lost_signal), 0U); }

void timer_that_is_late() {
  // A leak of the kind that `done` unbuffered causes: the worker has nobody to tell.
  left = make_chan<int>();
  offset::go([] {
    offset::time::sleep(1s);
    left.send(1);
  });
  select(left.if_recv(), offset::timeout(1s));
}
TEST(Exploring, FindsALeakAfterATimeOut) {
  EXPECT_NE(seed_that_fails(1'000, {}, timer_that_is_late), 0U);
}

void spins_for_another() {
  std::atomic<bool> set{false};
  offset::go([&] { set = true; });
  auto never = make_chan<int>();
  int v = 0;
  while (!set) static_cast<void>(never.try_recv(v));  // no yield: every try is a scheduling point
  while (!set) offset::yield();
}
TEST(Exploring, GoroutinesThatSpinAreGivenUpAtSomePoint) {
  EXPECT_EQ(seed_that_fails(100, {}, spins_for_another), 0U);
}

TEST(Exploring, RunsTheSeedsItSays) {
  std::vector<std::uint64_t> used;
  explore(5, {.seed = 40}, [&] { used.push_back(offset::testing::seed()); });
  EXPECT_EQ(used, (std::vector<std::uint64_t>{40, 41, 42, 43, 44}));
  EXPECT_EQ(offset::testing::seeds(3, {}), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Exploring, AThousandSeeds) {
  int runs = 0;
  const auto began = std::chrono::steady_clock::now();
  explore(1'000, [&] {
    auto c = make_chan<int>();
    offset::go([=] {
      for (int i = 0; i < 10; ++i) c.send(i);
      c.close();
    });
    int sum = 0;
    for (const int v : c) sum += v;
    EXPECT_EQ(sum, 45);
    ++runs;
  });
  EXPECT_EQ(runs, 1'000);
  RecordProperty("microseconds",
                 static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(
                                      std::chrono::steady_clock::now() - began)
                                      .count()));
}

TEST(Exploring, LocksAreLetGoOfByExceptions) {
  explore(200, [] {
    offset::sync::mutex m;
    offset::sync::rw_mutex rw;
    std::atomic<int> caught{0};
    offset::sync::wait_group all;
    for (int i = 0; i < 4; ++i)
      all.go([&, i] {
        try {
          const std::lock_guard<offset::sync::mutex> first(m);
          const std::shared_lock<offset::sync::rw_mutex> second(rw);
          throw i;  // each unlock on the way gives way to others that unwind as well
        } catch (const int v) {
          EXPECT_EQ(v, i);
          offset::yield();
          ++caught;
        }
        EXPECT_EQ(std::uncaught_exceptions(), 0);
      });
    all.wait();
    EXPECT_EQ(caught, 4);
  });
}

TEST(Exploring, EveryValueArrivesOnceAndInOrder) {
  explore(200, [] {
    auto words = make_chan<std::string>(2);
    struct plain {
      int producer, number;
    };
    auto pairs = make_chan<plain>();
    offset::sync::wait_group producing;
    for (int i = 0; i < 3; ++i)
      producing.go([&, i] {
        for (int k = 0; k < 6; ++k) {
          if (k % 2 == 0)
            words.send(std::to_string(i) + "." + std::to_string(k));
          else
            select(pairs.if_send(plain{i, k}));
        }
      });
    offset::go([&] {
      producing.wait();
      words.close();
      pairs.close();
    });
    int taken = 0;
    std::vector<std::string> seen;
    while (taken < 18)
      select(words.if_recv([&](std::optional<std::string> w) {
        if (w) seen.push_back(*w), ++taken;
      }),
             pairs.if_recv([&](std::optional<plain> v) {
               if (v) ++taken;
             }));
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 9U);
    for (int i = 0; i < 3; ++i) {  // each producer's in the order in which it sent them
      std::string numbers;
      for (const std::string& w : seen)
        if (w[0] - '0' == i) numbers += w[2];
      EXPECT_EQ(numbers, "024");
    }
    offset::testing::wait_idle();  // the closer needs words and pairs
  });
}

// --- OFFSET_SEED

PROGRAM(seeds_of_explore) {
  explore(3, [] { std::printf("%d ", static_cast<int>(offset::testing::seed())); });
  bubble({.seed = 50}, [] { std::printf("%d", static_cast<int>(offset::testing::seed())); });
  return 0;
}
TEST(Seed, OfTheEnvironmentIsTheOnlyOneToExplore) {
  EXPECT_EQ(test::run_program("seeds_of_explore", {"OFFSET_SEED"}).out, "1 2 3 50");
  EXPECT_EQ(test::run_program("seeds_of_explore", {"OFFSET_SEED=77"}).out, "77 50");
}

TEST(Seed, MustBeANumber) {
  for (const char* const text :
       {"OFFSET_SEED=0", "OFFSET_SEED=x", "OFFSET_SEED=18446744073709551616"}) {
    const auto o = test::run_program("choices", {text});
    EXPECT_EQ(o.status, 7) << text;
    EXPECT_TRUE(o.err_has("offset: OFFSET_SEED is \"")) << o.err;
  }
}

PROGRAM(choices) {
  try {
    return offset::run({.maxprocs = 1}, [] {
      auto a = make_chan<int>(64);
      auto b = make_chan<int>(64);
      for (int i = 0; i < 64; ++i) a.send(i), b.send(i);
      for (int i = 0; i < 64; ++i) std::putchar(select(a.if_recv(), b.if_recv()) == 0 ? 'a' : 'b');
    });
  } catch (const std::invalid_argument& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 7;
  }
}
TEST(Seed, SeedsOrdinaryWorldsToo) {
  const auto first = test::run_program("choices", {"OFFSET_SEED=5"});
  EXPECT_EQ(first.out.size(), 64U) << first.err;
  EXPECT_EQ(first.out, test::run_program("choices", {"OFFSET_SEED=5"}).out);
  EXPECT_NE(first.out, test::run_program("choices", {"OFFSET_SEED=6"}).out);
}

// --- the fixture, as the README has it

using Parcel = offset::testing::bubble_test;

TEST_F(Parcel, IsGivenUpAfterAnHour) {
  explore(100, [] {
    const auto start = offset::time::now();
    auto parcel = offset::make_chan<int>();
    auto courier = offset::make_chan<void>(1);
    offset::go([=] {
      if (offset::select(parcel.if_recv(), offset::timeout(1h)) == 1) courier.send();
    });
    offset::testing::wait_idle();  // every other goroutine waits now
    EXPECT_TRUE(courier.recv());
    EXPECT_EQ(offset::time::now() - start, 1h);
  });
}

using BubbleFixture = offset::testing::bubble_test;

TEST_F(BubbleFixture, Passes) {
  int runs = 0;
  explore(20, [&] { ++runs; });
  bubble([&] { ++runs; });
  EXPECT_EQ(runs, 21);
}
TEST_F(BubbleFixture, DISABLED_FailsAtTheSixth) {
  explore(20, [] {
    std::printf("<%d>", static_cast<int>(offset::testing::seed()));
    EXPECT_NE(offset::testing::seed(), 6U);
  });
}
TEST_F(BubbleFixture, DISABLED_LeavesOne) {
  explore(20, [] { offset::go([] { offset::select(); }); });
}

int run_disabled(const char* name) {
  std::string filter = std::string("--gtest_filter=BubbleFixture.DISABLED_") + name;
  std::string all = "--gtest_also_run_disabled_tests";
  std::string self = "unit_bubble_schedule";
  char* argv[] = {self.data(), filter.data(), all.data(), nullptr};
  int argc = 3;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
PROGRAM(fails_at_the_sixth) { return run_disabled("FailsAtTheSixth"); }
PROGRAM(leaves_one) { return run_disabled("LeavesOne"); }

TEST(Fixture, StopsAtTheFirstSeedThatFails) {
  auto o = test::run_program("fails_at_the_sixth", {"OFFSET_SEED"});
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.out.find("<5><6>"), std::string::npos) << o.out;
  EXPECT_EQ(o.out.find("<7>"), std::string::npos) << o.out;
  EXPECT_TRUE(o.err.starts_with("offset: testing: seed 6; to run it again: OFFSET_SEED=6 "))
      << o.err;
  EXPECT_TRUE(o.err.ends_with(" --gtest_filter=BubbleFixture.DISABLED_FailsAtTheSixth\n")) << o.err;
  o = test::run_program("fails_at_the_sixth", {"OFFSET_SEED=8"});
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.err, "");
}

TEST(Fixture, GoroutinesLeftFailTheTest) {
  const auto o = test::run_program("leaves_one", {"OFFSET_SEED"});
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.out.find("deadlock: main bubble goroutine has exited but blocked goroutines remain"),
            std::string::npos)
      << o.out;
  EXPECT_NE(o.out.find(" [select (no cases)]:"), std::string::npos) << o.out;
  EXPECT_TRUE(o.err.starts_with("offset: testing: seed 1; ")) << o.err;
}

}  // namespace
