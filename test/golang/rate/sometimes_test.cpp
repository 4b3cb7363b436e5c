// golang.org/x/time/rate/sometimes_test.go.
#include <chrono>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using namespace std::chrono_literals;
using offset::run;
using offset::rate::sometimes;

namespace {

using duration = offset::time::clock::duration;
using list = std::vector<int>;

// Calls s.run with the numbers first to last; answers those that ran.
list ran(sometimes& s, int first, int last) {
  list l;
  for (int i = first; i <= last; ++i) s.run([&] { l.push_back(i); });
  return l;
}

// ExampleSometimes_once: with no rule it is like a once.
TEST(GoSometimes, ExampleOnce) {
  sometimes s;
  EXPECT_EQ(ran(s, 1, 3), (list{1}));
}

// ExampleSometimes_first
TEST(GoSometimes, ExampleFirst) {
  sometimes s{.first = 2};
  EXPECT_EQ(ran(s, 1, 3), (list{1, 2}));
}

// ExampleSometimes_every
TEST(GoSometimes, ExampleEvery) {
  sometimes s{.every = 2};
  EXPECT_EQ(ran(s, 1, 3), (list{1, 3}));
}

// Calls attempt(), which answers how long what had to stay within the interval took, until it did:
// a busy machine may hold up any call for longer.
template <class F>
void within(duration interval, F attempt) {
  for (int tries = 0; tries < 100; ++tries)
    if (attempt() < interval) return;
  FAIL() << "the machine is too busy";
}

// ExampleSometimes_interval
TEST(GoSometimes, ExampleInterval) {
  run([] {
    constexpr duration interval = 100ms;
    list l;
    within(interval, [&] {
      sometimes s{.interval = interval};
      const auto start = offset::time::clock::now();
      l = ran(s, 1, 2);
      const duration took = offset::time::clock::now() - start;
      offset::time::sleep(interval);
      for (int i : ran(s, 3, 3)) l.push_back(i);
      return took;
    });
    EXPECT_EQ(l, (list{1, 3}));
  });
}

// ExampleSometimes_mix
TEST(GoSometimes, ExampleMix) {
  run([] {
    constexpr duration interval = 100ms;
    list l;
    within(interval, [&] {
      sometimes s{.first = 2, .every = 2, .interval = interval};
      l = ran(s, 1, 3);
      offset::time::sleep(interval);
      const auto start = offset::time::clock::now();
      for (int i : ran(s, 4, 6)) l.push_back(i);
      return duration(offset::time::clock::now() - start);
    });
    EXPECT_EQ(l, (list{1, 2, 3, 4, 5}));
  });
}

// TestSometimesZero
TEST(GoSometimes, Zero) {
  sometimes s{.interval = 0s};
  EXPECT_EQ(ran(s, 1, 2), (list{1}));
}

// TestSometimesMax
TEST(GoSometimes, Max) {
  sometimes s{.interval = offset::time::clock::duration::max()};
  EXPECT_EQ(ran(s, 1, 2), (list{1}));
}

// TestSometimesNegative
TEST(GoSometimes, Negative) {
  sometimes s{.interval = -1ns};
  EXPECT_EQ(ran(s, 1, 2), (list{1}));
}

}  // namespace
