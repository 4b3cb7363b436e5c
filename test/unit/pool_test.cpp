// sync::pool.
#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using offset::run;
using offset::sync::pool;

namespace {

TEST(Pool, WithoutAFactoryNewObjectsAreValueInitialised) {
  pool<int> p;
  EXPECT_EQ(p.get(), 0);
  p.put(7);
  EXPECT_EQ(p.get(), 7);
  EXPECT_EQ(p.get(), 0);
  pool<std::string> s;
  EXPECT_EQ(s.get(), "");
}

TEST(Pool, TheFactoryMakesOneOnlyWhenThereIsNone) {
  run([] {
    int made = 0;
    pool<std::unique_ptr<int>> p([&] { return std::make_unique<int>(++made); });
    auto a = p.get();
    auto b = p.get();
    EXPECT_EQ(*a, 1);
    EXPECT_EQ(*b, 2);
    p.put(std::move(b));
    p.put(std::move(a));
    const std::set<int> both{*p.get(), *p.get()};
    EXPECT_EQ(both, (std::set<int>{1, 2}));
    EXPECT_EQ(made, 2);
    EXPECT_EQ(*p.get(), 3);
  });
}

TEST(Pool, AFactoryThatThrowsThrowsToWhoeverGets) {
  bool fail = true;
  pool<test::no_default> p([&] {
    if (fail) throw std::runtime_error("no");
    return test::no_default(3);
  });
  EXPECT_THROW(p.get(), std::runtime_error);
  fail = false;
  EXPECT_EQ(p.get().value, 3);
}

TEST(Pool, KeepsMoreThanOneCpusShareAndIsBounded) {
  test::ledger l;
  constexpr int many = 100'000;
  long kept = 0;
  {
    pool<test::counted> p;
    for (int i = 0; i < many; ++i) p.put(test::counted(&l, i));
    kept = l.values.load();
    EXPECT_GE(kept, 256);
    EXPECT_LT(kept, many);
    EXPECT_EQ(l.alive.load(), kept) << "what is dropped is destroyed at once";
    std::set<int> seen;
    for (long i = 0; i < kept; ++i) EXPECT_TRUE(seen.insert(p.get().value()).second);
    EXPECT_FALSE(seen.contains(-1)) << "one was moved from";
    EXPECT_EQ(l.values.load(), 0);
    EXPECT_EQ(p.get().value(), 0) << "it is empty: a new one";
    for (int i = 0; i < 10; ++i) p.put(test::counted(&l, i));
    EXPECT_EQ(l.values.load(), 10);
  }
  EXPECT_EQ(l.values.load(), 0) << "the rest is destroyed with the pool";
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

// Moves that throw, when told to.
struct brittle {
  explicit brittle(int v, bool* refuses) : value(v), refuse(refuses) {}
  brittle(brittle&& o) : value(o.value), refuse(o.refuse) {
    if (*refuse) throw std::runtime_error("stays");
    o.value = -1;
  }
  brittle& operator=(brittle&&) = delete;
  int value;
  bool* refuse;
};

TEST(Pool, AMoveThatThrowsLosesNothing) {
  bool refuse = false;
  pool<brittle> p([&] { return brittle(0, &refuse); });
  p.put(brittle(5, &refuse));
  refuse = true;
  EXPECT_THROW(p.get(), std::runtime_error);
  refuse = false;
  EXPECT_EQ(p.get().value, 5);
  EXPECT_EQ(p.get().value, 0) << "nothing is left";
}

TEST(Pool, WhatOneThreadPutsAnotherGets) {
  pool<std::unique_ptr<int>> p;
  std::thread([&] {
    for (int i = 0; i < 200; ++i) p.put(std::make_unique<int>(i));
  }).join();
  run([&] {
    std::set<int> seen;
    for (int i = 0; i < 200; ++i) {
      const auto v = p.get();
      ASSERT_NE(v, nullptr) << "it was put before";
      EXPECT_TRUE(seen.insert(*v).second);
    }
    EXPECT_EQ(p.get(), nullptr);
  });
}

TEST(Pool, OverAlignedObjects) {
  struct alignas(128) wide {
    char c = 'x';
  };
  pool<wide> p;
  p.put({});
  p.put({});
  const wide a = p.get();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&a) % 128, 0U);
  EXPECT_EQ(a.c, 'x');
}

}  // namespace
