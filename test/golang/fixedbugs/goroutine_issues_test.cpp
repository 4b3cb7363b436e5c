// Go: test/fixedbugs, the issues that are about goroutines: their stacks, what they capture, how
// many there may be, and how they end.
#include <algorithm>
#include <any>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"
#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::make_chan;

namespace {

// Uses a stack of `depth` frames of about a hundred bytes.
[[gnu::noinline]] int grow_stack(int depth) {
  volatile char frame[64];
  frame[0] = 1;
  return depth == 0 ? 0 : grow_stack(depth - 1) + frame[0];
}
constexpr int deep = test::sanitized ? 500 : 1000;

// issue10353: a bound call that is made before the stack is used deeply, and called after.
TEST(Issue10353, BoundCallAcrossStackUse) {
  offset::run([] {
    struct x {
      int calls = 0;
      void foo() { ++calls; }
    };
    auto c = make_chan<int>();
    offset::go([=] {
      x of;
      const auto clos = [](std::function<void()> bound) {
        const auto f = [=] { bound(); };
        EXPECT_EQ(grow_stack(deep), deep);
        auto spoiled = make_chan<bool>();
        offset::go([=] { spoiled.send(grow_stack(deep) == deep); });
        EXPECT_EQ(spoiled.recv(), true);
        return f;
      };
      clos(std::bind_front(&x::foo, &of))();
      c.send(of.calls);
    });
    EXPECT_EQ(c.recv(), 1);
  });
}

// issue13169: ten senders and ten receivers of objects, the receivers using their stacks between
// two receives. Go asks that pointers are not lost to its collector; here every object arrives
// once.
TEST(Issue13169, ObjectsThroughAChannel) {
  struct t {
    long a = 1, b = 2, c = 3;
  };
  offset::run([] {
    constexpr int n = 5000;
    auto c = make_chan<std::any>();
    auto done = make_chan<long>();
    for (int i = 0; i < 10; ++i) {
      offset::go([=] {
        for (int j = 0; j < n; ++j) c.send(std::make_shared<t>());
        done.send(0);
      });
      offset::go([=] {
        long sum = 0;
        for (int j = 0; j < n; ++j) {
          const auto p = std::any_cast<std::shared_ptr<t>>(c.recv().value());
          EXPECT_EQ(p.use_count(), 1);
          sum += p->a + p->b + p->c;
          EXPECT_EQ(grow_stack(32), 32);
        }
        done.send(sum);
      });
    }
    long sum = 0;
    for (int i = 0; i < 20; ++i) sum += done.recv().value();
    EXPECT_EQ(sum, 10L * n * 6);
  });
}

// issue16016: ten thousand goroutines that sleep, each with a deferred call through an interface.
TEST(Issue16016, ManySleepersWithADefer) {
  struct q {
    virtual ~q() = default;
    virtual void foo(const std::vector<std::any>& values) = 0;
  };
  struct counts final : q {
    std::atomic<int> n{0};
    void foo(const std::vector<std::any>& values) override {
      if (std::any_cast<std::string>(&values.at(0)) != nullptr) ++n;
    }
  };
  offset::run([] {
    constexpr int n = test::sanitized ? 1000 : 10000;
    counts c;
    q& of = c;
    offset::sync::wait_group group;
    for (int i = 0; i < n; ++i)
      group.go([&of] {
        const test::defer foo([&] { of.foo({std::string("meow")}); });
        offset::time::sleep(100ms);
      });
    group.wait();
    EXPECT_EQ(c.n, n);
  });
}

// issue19182: a goroutine that only counts, and never gives way, is seen by another. It takes a
// second P; with one Go never ends either.
TEST(Issue19182, AnAtomicAdderIsSeen) {
  offset::run(offset::options{.maxprocs = 2}, [] {
    std::atomic<unsigned long> a{0};
    std::atomic<bool> stop{false};
    auto done = make_chan<void>();
    offset::go([&, done] {
      while (!stop) ++a;
      done.send();
    });
    EXPECT_TRUE(test::await([&] { return a != 0; }));
    stop = true;
    done.recv();
    EXPECT_GT(a, 0U);
  });
}

// issue24419: deferred library calls after deep use of the stack.
TEST(Issue24419, DeferredLibraryCalls) {
  offset::run([] {
    auto c = make_chan<int>();
    const auto start = [&](auto call) {
      offset::go([=] {
        const test::defer after([=] { c.send(call()); });
        EXPECT_EQ(grow_stack(deep), deep);
      });
    };
    start([] { return std::string_view().compare(""); });
    start([] { return static_cast<int>(std::equal(&deep, &deep, &deep)) - 1; });
    start([] { return static_cast<int>(std::find(&deep, &deep, 0) - &deep); });
    start([] { return std::string().find('\0') == std::string::npos ? 0 : 1; });
    for (int i = 0; i < 4; ++i) EXPECT_EQ(c.recv(), 0);
  });
}

// issue29362 and issue29362b: a thousand goroutines, ten at a time, with arguments that are not
// pointers although they look like some, and (b) with both kinds. They arrive as they were sent.
TEST(Issue29362, ArgumentsOfThrottledGoroutines) {
  offset::run([] {
    constexpr int n = 1000;
    const std::vector<char> b((1 << 16) - 1);
    const auto bad = reinterpret_cast<std::uintptr_t>(b.data() + b.size());
    auto throttle = make_chan<void>(10);
    offset::sync::wait_group group;
    std::atomic<int> right{0};
    const auto plain = [&](std::uintptr_t p, std::uintptr_t q, std::uintptr_t r, std::uintptr_t s) {
      const std::vector<char> sink(4096);
      if (p == bad && q == bad && r == bad && s == bad && sink.size() == 4096) ++right;
      throttle.recv();
      group.done();
    };
    const auto mixed = [&](char* p, char* q, std::uintptr_t a0, std::uintptr_t a1,
                           std::uintptr_t a2, std::uintptr_t a3, std::uintptr_t a4,
                           std::uintptr_t a5, std::uintptr_t a6) {
      const std::vector<char> sink(4096);
      if (p == nullptr && q == nullptr && a0 == bad && a1 == bad + 1 && a2 == bad + 2 &&
          a3 == bad + 3 && a4 == bad + 4 && a5 == bad + 5 && a6 == bad + 6)
        ++right;
      throttle.recv();
      group.done();
    };
    for (int i = 0; i < n; ++i) {
      group.add(2);
      throttle.send();
      offset::go(plain, bad, bad, bad, bad);
      throttle.send();
      offset::go(mixed, nullptr, nullptr, bad, bad + 1, bad + 2, bad + 3, bad + 4, bad + 5,
                 bad + 6);
    }
    group.wait();
    EXPECT_EQ(right, 2 * n);
  });
}

// issue5493: what a goroutine captured is let go of when it ends: here its destructor runs.
TEST(Issue5493, CapturesAreDestroyed) {
  struct counted {
    explicit counted(std::atomic<int>& of) : n(of) { ++n; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --n; }
    std::atomic<int>& n;
  };
  static std::atomic<int> alive{0};
  offset::run([] {
    constexpr int n = 10;
    offset::sync::wait_group group;
    for (int i = 0; i < n; ++i)
      group.go([] {
        const auto captured = std::make_shared<counted>(alive);
        const auto f2 = [captured] { [&] { EXPECT_GT(captured.use_count(), 0); }(); };
        offset::go(f2);
      });
    group.wait();
    EXPECT_TRUE(test::await([] { return alive == 0; }));
  });
  EXPECT_EQ(alive, 0);
}

// issue5963: main ends by Goexit; its deferred call still lets another goroutine end the program.
PROGRAM(issue5963) {
  return offset::run([] {
    auto c = make_chan<int>(1);
    const test::defer last([&] { c.send(7); });
    offset::go([c] { std::_Exit(c.recv().value()); });
    offset::goexit();
  });
}
TEST(Issue5963, GoexitOnMainAndExitElsewhere) {
  const auto o = test::run_program("issue5963");
  EXPECT_EQ(o.status, 7) << o.err;
  EXPECT_EQ(o.err, "");
}

}  // namespace
