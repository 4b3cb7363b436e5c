// Go: src/sync/waitgroup_test.go.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::sync::wait_group;

namespace {

void two_groups(wait_group& first, wait_group& second) {
  constexpr int n = 16;
  first.add(n);
  second.add(n);
  auto ended = make_chan<void>(n);
  for (int i = 0; i < n; ++i)
    offset::go([&, ended] {
      first.done();
      second.wait();
      ended.send();
    });
  first.wait();
  for (int i = 0; i < n; ++i) {
    EXPECT_EQ(select(ended.if_recv(), otherwise), 1U) << "let go too soon";
    second.done();
  }
  for (int i = 0; i < n; ++i) ended.recv();
}
TEST(WaitGroup, TestWaitGroup) {
  offset::run([] {
    wait_group first;
    wait_group second;
    for (int i = 0; i < 8; ++i) two_groups(first, second);
  });
}

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    return e.what();
  }
  return "";
}

TEST(WaitGroup, TestWaitGroupMisuse) {
  offset::run([] {
    wait_group group;
    group.add(1);
    group.done();
    EXPECT_EQ(panic_of([&] { group.done(); }), "sync: negative WaitGroup counter");
  });
}

// An older Go's: an add from zero beside a wait is noticed, if it is, with these words and no
// others; and if it is not, everybody gets on.
TEST(WaitGroup, TestWaitGroupMisuse2) {
  const std::string misuse = "sync: WaitGroup misuse: Add called concurrently with Wait";
  offset::run([&] {
    for (int i = 0; i < 200; ++i) {
      struct state {
        wait_group group;
        std::atomic<int> here{0};
        void meet() {
          ++here;
          while (here.load() < 3) offset::yield();
        }
      };
      const auto s = std::make_shared<state>();  // a waiter that is left behind keeps it
      auto waited = make_chan<std::string>(1);
      auto added = make_chan<std::string>(1);
      s->group.add(1);
      offset::go([=] {
        s->meet();
        waited.send(panic_of([&] { s->group.wait(); }));
      });
      offset::go([=] {
        s->meet();
        added.send(panic_of([&] {
          s->group.add(1);
          s->group.done();
        }));
      });
      s->meet();
      const std::string mine = panic_of([&] { s->group.done(); });
      const std::string theirs = *added.recv();
      EXPECT_TRUE(mine.empty() || mine == misuse) << mine;
      EXPECT_TRUE(theirs.empty() || theirs == misuse) << theirs;
      if (mine.empty() && theirs.empty()) {
        EXPECT_EQ(waited.recv(), "");
      }
    }
  });
}

// The same Go's "WaitGroup is reused before previous Wait has returned" does not arise: whoever is
// let go has been counted out by then. On one carrier the three have not run when main goes on.
TEST(WaitGroup, TestWaitGroupMisuse3) {
  offset::run({.maxprocs = 1}, [] {
    for (int i = 0; i < 200; ++i) {
      wait_group group;
      std::atomic<int> returned{0};
      group.add(1);
      for (int w = 0; w < 3; ++w)
        offset::go([&] {
          group.wait();
          ++returned;
        });
      for (int n = 0; n < 10; ++n) offset::yield();
      EXPECT_EQ(returned.load(), 0);
      group.done();
      EXPECT_EQ(panic_of([&] { group.add(1); }), "");
      offset::go([&] { group.done(); });
      group.wait();
      EXPECT_TRUE(test::await([&] { return returned.load() == 3; }));
    }
  });
}

TEST(WaitGroup, TestWaitGroupRace) {
  offset::run([] {
    for (int i = 0; i < 1000; ++i) {
      wait_group group;
      std::atomic<int> n{0};
      for (int g = 0; g < 2; ++g) {
        group.add(1);
        offset::go([&] {
          n.fetch_add(1, std::memory_order_relaxed);  // the group's wait makes it visible
          group.done();
        });
      }
      group.wait();
      ASSERT_EQ(n.load(std::memory_order_relaxed), 2) << "a wait that ended early";
    }
  });
}

TEST(WaitGroup, TestWaitGroupAlign) {
  struct unaligned {
    char x = 0;
    wait_group group;
  };
  offset::run([] {
    unaligned u;
    u.group.add(1);
    offset::go([&] { u.group.done(); });
    u.group.wait();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&u.group) % alignof(wait_group), 0U);
  });
}

}  // namespace
