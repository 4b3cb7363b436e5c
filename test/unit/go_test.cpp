// Goroutines: starting, order, options, ending.
#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::go;
using offset::make_chan;
using offset::run;

namespace {

offset::chan<int> results;
void send_sum(int a, int b) { results.send(a + b); }
struct object {
  int base;
  void send(int more) const { results.send(base + more); }
};

TEST(Go, WhateverCanBeCalled) {
  run([] {
    results = make_chan<int>(16);
    go(send_sum, 1, 2);
    EXPECT_EQ(results.recv(), 3);
    go(&send_sum, 3, 4);
    EXPECT_EQ(results.recv(), 7);
    const object o{10};
    go(&object::send, o, 5);
    EXPECT_EQ(results.recv(), 15);
    go(&object::send, &o, 6);
    EXPECT_EQ(results.recv(), 16);
    go([](std::unique_ptr<int> p) { results.send(*p); }, std::make_unique<int>(4));
    EXPECT_EQ(results.recv(), 4);
    go([p = std::make_unique<int>(5)] { results.send(*p); });
    EXPECT_EQ(results.recv(), 5);
    go([n = 0]() mutable { results.send(++n); });
    EXPECT_EQ(results.recv(), 1);
    int here = 1;
    auto done = make_chan<void>();
    go(
        [=](int& r) {
          r = 9;
          done.send();
        },
        std::ref(here));
    done.recv();
    EXPECT_EQ(here, 9);
    const std::string text = "copied";
    go([](const std::string& s, const char* t) { results.send(static_cast<int>(s.size()) + *t); },
       text, "\1x");
    EXPECT_EQ(results.recv(), 7);
    results = {};
  });
}

TEST(Go, LargeAndOveralignedClosures) {
  run([] {
    auto c = make_chan<bool>();
    std::array<char, 10'000> big{};
    big[9'999] = 7;
    go([=] { c.send(big[9'999] == 7); });
    EXPECT_TRUE(*c.recv());
    struct alignas(256) wide {
      int v = 3;
    };
    const wide w;
    go([=] { c.send(w.v == 3 && reinterpret_cast<std::uintptr_t>(&w) % 256 == 0); });
    EXPECT_TRUE(*c.recv());
  });
}

TEST(Go, ArgumentsLiveAndDieOnce) {
  test::ledger l;
  run([&] {
    auto done = make_chan<void>();
    const test::counted kept(&l, 1);
    for (int i = 0; i < 100; ++i) {
      go(
          [=](const test::counted& v) {
            EXPECT_EQ(v.value(), 1);
            done.send();
          },
          kept);
      go([=, v = test::counted(&l, 2)] {
        EXPECT_EQ(v.value(), 2);
        done.send();
      });
      // Too large to be moved to the stack.
      std::array<char, 1'000> pad{};
      go([=, v = test::counted(&l, 3)] {
        EXPECT_EQ(v.value() + pad[0], 3);
        done.send();
      });
    }
    for (int i = 0; i < 300; ++i) done.recv();
    EXPECT_TRUE(test::await([&] { return l.alive.load() == 1; })) << l.alive.load();
  });
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

TEST(Go, ExceptionInTheCopyOfTheClosure) {
  test::ledger l;
  run([&] {
    const test::counted v(&l, 1);
    const auto f = [v] {};
    l.copies_left = 0;
    for (int i = 0; i < 1'000; ++i) {
      EXPECT_THROW(go(f), std::runtime_error);
      EXPECT_THROW(go([](const test::counted&) {}, v), std::runtime_error);
      EXPECT_THROW(go({.name = "n"}, f), std::runtime_error);
    }
    std::thread outside([&] { EXPECT_THROW(go(f), std::runtime_error); });
    offset::blocking([&] { outside.join(); });
    EXPECT_EQ(offset::num_goroutines(), 1U);
    EXPECT_EQ(l.alive.load(), 2);
    l.copies_left = -1;
    auto done = make_chan<void>();
    go([=] { done.send(); });
    done.recv();
  });
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

TEST(Go, LastFirstThenInOrder) {
  run({.maxprocs = 1}, [] {
    std::vector<int> order;
    auto done = make_chan<void>(5);
    for (int i = 0; i < 5; ++i)
      go([&order, done, i] {
        order.push_back(i);
        done.send();
      });
    for (int i = 0; i < 5; ++i) done.recv();
    EXPECT_EQ(order, (std::vector<int>{4, 0, 1, 2, 3}));
  });
}

TEST(Go, ManyAtOnce) {
  run([] {
    constexpr int n = 3'000;
    auto start = make_chan<void>();
    std::atomic<int> waiting{0};
    offset::sync::wait_group all;
    std::atomic<long> sum{0};
    for (int i = 0; i < n; ++i)
      all.go([&, start, i] {
        ++waiting;
        start.recv();
        sum += i;
      });
    EXPECT_TRUE(test::await([&] { return waiting.load() == n; }));
    EXPECT_EQ(offset::num_goroutines(), static_cast<std::size_t>(n) + 1);
    start.close();
    all.wait();
    EXPECT_EQ(sum.load(), 1L * n * (n - 1) / 2);
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
  });
}

TEST(Go, NumbersAreUnique) {
  run([] {
    auto ids = make_chan<std::uint64_t>(16);
    for (int i = 0; i < 500; ++i) go([=] { ids.send(offset::goroutine_id()); });
    std::set<std::uint64_t> seen{1};
    for (int i = 0; i < 500; ++i) {
      const std::uint64_t id = *ids.recv();
      EXPECT_NE(id, 0U);
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
  });
}

TEST(Go, FromPlainThreads) {
  run([] {
    std::atomic<int> n{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        EXPECT_EQ(offset::goroutine_id(), 0U);
        EXPECT_GE(offset::num_goroutines(), 1U);
        for (int i = 0; i < 200; ++i) go([&] { ++n; });
        go({.name = "from outside"}, [&] { ++n; });
      });
    offset::blocking([&] {
      for (auto& t : threads) t.join();
    });
    EXPECT_TRUE(test::await([&] { return n.load() == 603; })) << n.load();
  });
}

TEST(Go, Options) {
  run([] {
    auto c = make_chan<int>();
    go({.name = "named"}, [=] { c.send(1); });
    EXPECT_EQ(c.recv(), 1);
    // Room for a frame that the default has not.
    go({.stack_size = 4 << 20}, [=] {
      volatile char frame[2 << 20];
      frame[0] = 1;
      frame[(2 << 20) - 1] = 2;
      c.send(frame[0] + frame[(2 << 20) - 1]);
    });
    EXPECT_EQ(c.recv(), 3);
    go(
        {.stack_size = 16 << 10}, [=](int a) { c.send(a); }, 5);
    EXPECT_EQ(c.recv(), 5);
    const offset::go_options all{.name = "all", .stack_size = 1 << 20, .pinned = true};
    go(all, [=] { c.send(6); });
    EXPECT_EQ(c.recv(), 6);
  });
}

TEST(Go, OptionsOutOfRange) {
  test::ledger l;
  run([&] {
    for (const std::size_t bad : {std::size_t{1}, std::size_t{1} << 41, ~std::size_t{0}}) {
      try {
        go({.stack_size = bad}, [v = test::counted(&l, 1)] {});
        ADD_FAILURE();
      } catch (const std::invalid_argument& e) {
        EXPECT_NE(std::string(e.what()).find(std::to_string(bad)), std::string::npos) << e.what();
        EXPECT_NE(std::string(e.what()).find("stack_size"), std::string::npos) << e.what();
      }
    }
    EXPECT_EQ(offset::num_goroutines(), 1U);
  });
  EXPECT_EQ(l.alive.load(), 0);
}

TEST(Go, PinnedKeepsItsThreadAlone) {
  run([] {
    auto c = make_chan<int>();
    auto d = make_chan<std::thread::id>();
    for (int g = 0; g < 3; ++g)
      go({.pinned = true}, [=] {
        const auto mine = std::this_thread::get_id();
        for (int i = 0; i < 50; ++i) {
          c.send(i);
          offset::yield();
          if (i % 10 == 0) offset::time::sleep(100us);
          EXPECT_EQ(std::this_thread::get_id(), mine);
        }
        go([=] { d.send(std::this_thread::get_id()); });
        d.send(mine);
      });
    for (int i = 0; i < 150; ++i) c.recv();
    std::multiset<std::thread::id> threads;
    for (int i = 0; i < 6; ++i) threads.insert(*d.recv());
    int once = 0;
    for (const auto& t : threads) once += threads.count(t) == 1 ? 1 : 0;
    EXPECT_GE(once, 3) << "somebody else ran on a pinned goroutine's thread";
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
  });
}

TEST(Go, YieldLetsOthersRun) {
  run({.maxprocs = 1}, [] {
    std::atomic<int> turn = 0;  // a yield is no synchronisation
    auto done = make_chan<void>();
    go([&, done] {
      for (int i = 0; i < 100; ++i) {
        ++turn;
        offset::yield();
      }
      done.send();
    });
    int seen = 0;
    for (int i = 0; i < 100; ++i) {
      offset::yield();
      seen = std::max(seen, turn.load());
    }
    EXPECT_GE(seen, 50);
    done.recv();
  });
}

TEST(Go, ExceptionsStayInTheirGoroutine) {
  // In flight and being handled in several at once, across waits.
  run([] {
    auto pass = make_chan<void>();
    offset::sync::wait_group all;
    for (int g = 0; g < 50; ++g)
      all.go([=] {
        try {
          throw g;
        } catch (int n) {
          pass.recv();
          offset::yield();
          EXPECT_EQ(n, g);
          try {
            throw;
          } catch (int again) {
            EXPECT_EQ(again, g);
          }
          EXPECT_EQ(std::uncaught_exceptions(), 0);
        }
      });
    for (int g = 0; g < 50; ++g) pass.send();
    all.wait();
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  });
}

// --- goexit

TEST(Goexit, RunsDestructors) {
  run([] {
    auto log = make_chan<std::string>(8);
    go([=] {
      struct at_end {
        offset::chan<std::string> to;
        ~at_end() { to.send("destroyed"); }  // a destructor may wait
      } const e{log};
      try {
        offset::goexit();
      } catch (const std::exception&) {
        log.send("caught as std::exception");
      }
      log.send("went on");
    });
    EXPECT_EQ(log.recv(), "destroyed");
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
    EXPECT_EQ(log.len(), 0U);
  });
}

TEST(Goexit, SwallowedItOnlyWaits) {
  run([] {
    std::atomic<int> step{0};
    auto c = make_chan<int>();
    go([&step, c] {
      try {
        offset::goexit();
      } catch (...) {
        step = 1;
      }
      try {
        c.recv();
        ADD_FAILURE() << "waited";
      } catch (...) {
        ++step;
      }
      offset::time::sleep(1h);
      ADD_FAILURE() << "went on";
    });
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
    EXPECT_EQ(step.load(), 2);
    EXPECT_EQ(test::receivers_of(c), 0U);
  });
}

TEST(Goexit, TryFormsDoNotWait) {
  run([] {
    auto c = make_chan<int>();
    auto d = make_chan<int>();
    int performed = 0;
    int thrown = 0;
    offset::sync::wait_group all;
    for (auto to : {c, d}) all.go([=] { to.recv(); });
    ASSERT_TRUE(test::await_receivers(c, 1));
    ASSERT_TRUE(test::await_receivers(d, 1));
    all.go([&, c, d] {
      const auto attempt = [&](auto f) {
        try {
          performed += f() ? 1 : 0;
        } catch (...) {
          ++thrown;
        }
      };
      try {
        offset::goexit();
      } catch (...) {  // NOLINT(bugprone-empty-catch)
      }
      attempt([&] { return c.try_send(1) == offset::op_status::ok; });
      attempt([&] { return offset::select(d.if_send(1), offset::otherwise) == 0; });
      if (performed < 2) c.close(), d.close();
    });
    all.wait();
    EXPECT_EQ(performed, 2);
    EXPECT_EQ(thrown, 0);
  });
}

TEST(Goexit, EveryWaitThrowsItAgain) {
  run([] {
    offset::sync::mutex held;
    held.lock();
    offset::sync::wait_group group;
    group.add(1);
    auto c = make_chan<int>();
    std::atomic<int> ended{0};
    const auto expect_end = [&](auto wait) {
      go([&, wait] {
        try {
          offset::goexit();
        } catch (...) {  // NOLINT(bugprone-empty-catch)
        }
        struct at_end {
          std::atomic<int>& n;
          ~at_end() { ++n; }
        } const e{ended};
        wait();
        ADD_FAILURE() << "waited and went on";
      });
    };
    expect_end([&] { c.send(1); });
    expect_end([&] { offset::select(c.if_recv(), c.if_send(1)); });
    expect_end([&] { offset::select(); });
    expect_end([&] { offset::chan<int>().recv(); });
    expect_end([&] { held.lock(); });
    expect_end([&] { group.wait(); });
    expect_end([&] { offset::time::sleep(1h); });
    expect_end([&] { offset::blocking([] {}); });
    expect_end([&] {
      int out = 0;
      static_cast<void>(c.recv_for(out, 1h));
    });
    EXPECT_TRUE(test::await([&] { return ended.load() == 9; })) << ended.load();
  });
}

TEST(Goexit, WhereItIsRefused) {
  EXPECT_THROW(offset::goexit(), std::logic_error);
  run([] {
    EXPECT_THROW(offset::blocking([] { offset::goexit(); }), std::logic_error);
    auto c = make_chan<bool>();
    std::thread outside([=] {
      try {
        offset::goexit();
      } catch (const std::logic_error&) {
        c.send(true);
      }
    });
    EXPECT_TRUE(*c.recv());
    offset::blocking([&] { outside.join(); });
  });
}

TEST(Goexit, InADeepFrameOfManyGoroutines) {
  test::ledger l;
  run([&] {
    offset::sync::wait_group all;
    for (int g = 0; g < 100; ++g)
      all.go([&, g] {
        const test::counted a(&l, g);
        [&] {
          const test::counted b(a);
          offset::yield();
          if (g % 2 == 0) offset::goexit();
        }();
        EXPECT_EQ(g % 2, 1);
      });
    all.wait();
  });
  EXPECT_EQ(l.alive.load(), 0);
}

// --- fork

TEST(Fork, ChildMayOnlyExit) {
  run([] {
    auto c = make_chan<int>();
    go([=] { c.recv(); });
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // A runtime call that waits fails with a message; exit works.
      int told = 0;
      try {
        go([] {});
      } catch (const std::logic_error&) {
        ++told;
      }
      try {
        make_chan<int>().recv();
      } catch (const std::logic_error&) {
        ++told;
      }
      _exit(told);
    }
    int status = 0;
    offset::blocking([&] { return waitpid(child, &status, 0); });
    EXPECT_TRUE(WIFEXITED(status)) << status;
    EXPECT_EQ(WEXITSTATUS(status), 2);
    c.send(1);  // the parent is as it was
  });
}

}  // namespace
