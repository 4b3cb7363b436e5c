// sync::map.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using offset::run;

namespace {

using ints = offset::sync::map<int, int>;
using pair = std::pair<int, bool>;

template <class Map>
std::map<int, int> content(const Map& m) {
  std::map<int, int> all;
  m.range([&](int k, int v) { EXPECT_TRUE(all.emplace(k, v).second) << k << " came twice"; });
  return all;
}

TEST(Map, StoreLoadErase) {
  offset::sync::map<std::string, std::string> m;
  EXPECT_EQ(m.load("a"), std::nullopt);
  m.store("a", "1");
  m.store("b", "2");
  m.store("a", "3");
  EXPECT_EQ(m.load("a"), "3");
  EXPECT_EQ(m.load("b"), "2");
  EXPECT_TRUE(m.erase("a"));
  EXPECT_FALSE(m.erase("a"));
  EXPECT_EQ(m.load("a"), std::nullopt);
  EXPECT_EQ(m.load_and_erase("b"), "2");
  EXPECT_EQ(m.load_and_erase("b"), std::nullopt);
}

TEST(Map, LoadOrStore) {
  ints m;
  EXPECT_EQ(m.load_or_store(1, 10), pair(10, false));
  EXPECT_EQ(m.load_or_store(1, 20), pair(10, true));
  EXPECT_EQ(m.load(1), 10);
}

TEST(Map, SwapAndCompare) {
  ints m;
  EXPECT_EQ(m.swap(1, 10), std::nullopt);
  EXPECT_EQ(m.swap(1, 11), 10);
  EXPECT_FALSE(m.compare_and_swap(1, 10, 12));
  EXPECT_EQ(m.load(1), 11);
  EXPECT_TRUE(m.compare_and_swap(1, 11, 12));
  EXPECT_EQ(m.load(1), 12);
  EXPECT_FALSE(m.compare_and_swap(2, 0, 1)) << "what is not there equals nothing";
  EXPECT_EQ(m.load(2), std::nullopt);
  EXPECT_FALSE(m.compare_and_erase(1, 11));
  EXPECT_FALSE(m.compare_and_erase(2, 0));
  EXPECT_TRUE(m.compare_and_erase(1, 12));
  EXPECT_EQ(m.load(1), std::nullopt);
}

TEST(Map, ManyKeysAndThenNone) {
  ints m;
  std::map<int, int> expected;
  for (int i = 0; i < 20'000; ++i) m.store(i * 4096, i), expected.emplace(i * 4096, i);
  EXPECT_EQ(content(m), expected);
  for (int i = 0; i < 20'000; i += 2) EXPECT_EQ(m.load_and_erase(i * 4096), i);
  for (int i = 0; i < 20'000; ++i)
    EXPECT_EQ(m.load(i * 4096), i % 2 == 0 ? std::nullopt : std::optional(i));
  m.clear();
  EXPECT_TRUE(content(m).empty());
  EXPECT_EQ(m.load(4096), std::nullopt);
  m.store(1, 2);
  EXPECT_EQ(content(m), (std::map<int, int>{{1, 2}}));
}

TEST(Map, MoveOnlyValues) {
  offset::sync::map<int, std::unique_ptr<int>> m;
  m.store(1, std::make_unique<int>(5));
  EXPECT_EQ(**m.swap(1, std::make_unique<int>(6)), 5);
  EXPECT_EQ(**m.load_and_erase(1), 6);
  EXPECT_FALSE(m.erase(1));
}

TEST(Map, AHashThatIsAlwaysTheSame) {
  struct bad {
    std::size_t operator()(int) const { return 42; }
  };
  offset::sync::map<int, int, bad> m;
  for (int i = 0; i < 200; ++i) m.store(i, -i);
  for (int i = 0; i < 200; i += 3) EXPECT_TRUE(m.erase(i));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(m.load(i), i % 3 == 0 ? std::nullopt : std::optional(-i));
}

TEST(Map, ValuesDieWhenTheyAreReplacedErasedClearedOrTheMapEnds) {
  test::ledger l;
  {
    offset::sync::map<int, test::counted> m;
    for (int i = 0; i < 100; ++i) m.store(i, test::counted(&l, i));
    EXPECT_EQ(l.values.load(), 100);
    for (int i = 0; i < 100; ++i) m.store(i, test::counted(&l, -i));
    EXPECT_EQ(l.alive.load(), 100);
    for (int i = 0; i < 50; ++i) m.erase(i);
    EXPECT_EQ(l.alive.load(), 50);
    EXPECT_EQ(m.load_or_store(60, test::counted(&l, 1)).first.value(), -60);
    EXPECT_EQ(l.alive.load(), 50);
    m.clear();
    EXPECT_EQ(l.alive.load(), 0);
    for (int i = 0; i < 10; ++i) m.store(i, test::counted(&l, i));
  }
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

TEST(Map, ACopyThatThrowsLeavesTheMapAsItWas) {
  test::ledger l;
  offset::sync::map<int, test::counted> m;
  m.store(1, test::counted(&l, 10));
  l.copies_left = 0;
  EXPECT_THROW(m.load(1), std::runtime_error);
  EXPECT_THROW(m.load_or_store(2, test::counted(&l, 20)), std::runtime_error);
  EXPECT_THROW(m.range([](int, const test::counted&) {}), std::runtime_error);
  l.copies_left = -1;
  EXPECT_EQ(m.load(1)->value(), 10);
  EXPECT_FALSE(m.load(2).has_value());
  EXPECT_EQ(l.alive.load(), 1);
}

// A destructor that uses the map it was in.
TEST(Map, DestructorsRunUnderNoLock) {
  struct guest {
    ints* of = nullptr;
    offset::sync::map<int, guest>* home = nullptr;
    guest(ints* o, offset::sync::map<int, guest>* h) : of(o), home(h) {}
    guest(guest&& o) noexcept : of(std::exchange(o.of, nullptr)), home(o.home) {}
    guest& operator=(guest&& o) noexcept {
      std::swap(of, o.of);
      std::swap(home, o.home);
      return *this;
    }
    ~guest() {
      if (of == nullptr) return;
      of->store(1, of->load(1).value_or(0) + 1);
      home->erase(1);
    }
  };
  ints died;
  offset::sync::map<int, guest> m;
  m.store(1, guest(&died, &m));
  m.store(1, guest(&died, &m));  // the first dies, and erases the second
  EXPECT_EQ(died.load(1), 2);
  m.store(1, guest(&died, &m));
  m.clear();
  EXPECT_EQ(died.load(1), 3);
}

TEST(Map, RangeStopsWhenToldTo) {
  ints m;
  for (int i = 0; i < 1000; ++i) m.store(i, i);
  int calls = 0;
  m.range([&](int, int) { return ++calls < 3; });
  EXPECT_EQ(calls, 3);
}

TEST(Map, RangeMayChangeTheMap) {
  ints m;
  for (int i = 0; i < 500; ++i) m.store(i, i);
  std::set<int> seen;
  m.range([&](const int& k, int v) {
    EXPECT_TRUE(seen.insert(k).second);
    EXPECT_TRUE(k >= 500 || v == k);
    m.erase(k);
    m.store(k + 500, 0);
    if (k == 7) m.range([&](int, int) { return m.load(3).has_value() || true; });
    EXPECT_FALSE(m.load(k).has_value());
    return k < 100'000;
  });
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(seen.contains(i)) << i << " was there all along";
}

TEST(Map, RangeDoesNotShowWhatWasErasedBefore) {
  ints m;
  for (int i = 0; i < 300; ++i) m.store(i, i);
  int calls = 0;
  m.range([&](int, int) {
    ++calls;
    m.clear();
  });
  EXPECT_EQ(calls, 1);
}

TEST(Map, RangeThatThrowsLetsGo) {
  test::ledger l;
  offset::sync::map<int, test::counted> m;
  for (int i = 0; i < 50; ++i) m.store(i, test::counted(&l, i));
  EXPECT_THROW(m.range([](int, const test::counted&) { throw std::runtime_error("enough"); }),
               std::runtime_error);
  m.clear();
  EXPECT_EQ(l.alive.load(), 0);
}

// What f of range was given stays while another goroutine erases it.
TEST(Map, RangeKeepsItsKey) {
  run([] {
    offset::sync::map<std::string, int> m;
    m.store("a long enough key to be on the heap", 1);
    m.range([&](const std::string& k, int) {
      offset::sync::wait_group eraser;
      eraser.go([&] { m.clear(); });
      eraser.wait();
      EXPECT_EQ(k, "a long enough key to be on the heap");
    });
    EXPECT_EQ(m.load("a long enough key to be on the heap"), std::nullopt);
  });
}

// One of many that try to store first does, and all see it.
TEST(Map, LoadOrStoreHasOneWinner) {
  run([] {
    ints m;
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> winners{0};
      std::atomic<int> sum{0};
      offset::sync::wait_group all;
      for (int g = 0; g < 8; ++g)
        all.go([&, g] {
          const auto [value, loaded] = m.load_or_store(round, g);
          if (!loaded) ++winners;
          sum += value;
        });
      all.wait();
      EXPECT_EQ(winners.load(), 1);
      EXPECT_EQ(sum.load(), 8 * *m.load(round));
    }
  });
}

TEST(Map, CompareAndSwapCounts) {
  run([] {
    ints m;
    m.store(0, 0);
    offset::sync::wait_group all;
    const auto add = [&] {
      for (int i = 0; i < 200; ++i)
        for (;;) {
          const int seen = *m.load(0);
          if (m.compare_and_swap(0, seen, seen + 1)) break;
          offset::yield();
        }
    };
    for (int g = 0; g < 4; ++g) all.go(add);
    std::thread plain(add);
    all.wait();
    plain.join();
    EXPECT_EQ(m.load(0), 1000);
  });
}

// A copy that waits holds up only those who want to write beside it.
TEST(Map, ACopyMayWait) {
  struct slow {
    offset::chan<void> go_on;
    slow() = default;
    explicit slow(offset::chan<void> c) : go_on(std::move(c)) {}
    slow(const slow& o) : go_on(o.go_on) { (void)go_on.recv(); }
    slow(slow&&) noexcept = default;
    slow& operator=(slow&&) noexcept = default;
    slow& operator=(const slow&) = delete;
    ~slow() = default;
  };
  run([] {
    auto go_on = offset::make_chan<void>();
    offset::sync::map<int, slow> m;
    m.store(1, slow(go_on));
    offset::sync::wait_group all;
    std::atomic<int> loaded{0};
    for (int i = 0; i < 3; ++i)
      all.go([&] {
        EXPECT_TRUE(m.load(1).has_value());
        ++loaded;
      });
    ASSERT_TRUE(test::await_receivers(go_on, 3)) << "loads wait for loads";
    all.go([&] { EXPECT_TRUE(m.erase(1)); });
    EXPECT_EQ(loaded.load(), 0);
    go_on.close();
    all.wait();
    EXPECT_EQ(loaded.load(), 3);
  });
}

}  // namespace
