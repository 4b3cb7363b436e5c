// sync::single_flight.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/wait.h"

using offset::make_chan;
using offset::run;
using offset::sync::wait_group;

namespace {

// Counts how often a key was found in the table: so many have joined, or will before the call's end
// is seen, which takes the same lock.
std::atomic<int> found{0};
struct counting_equal {
  bool operator()(int a, int b) const {
    if (a == b) ++found;
    return a == b;
  }
};
using flight = offset::sync::single_flight<int, std::string, std::hash<int>, counting_equal>;

bool await_joined(int n) {
  return test::await([&] { return found.load() == n; });
}

TEST(SingleFlight, OneCallerGetsItsOwnResult) {
  offset::sync::single_flight<std::string, std::unique_ptr<int>*> g;
  auto p = std::make_unique<int>(1);
  const auto r = g.run("key", [&] { return &p; });
  EXPECT_EQ(r.value, &p);
  EXPECT_FALSE(r.shared);
  int calls = 0;
  for (int i = 0; i < 3; ++i) g.run("key", [&] { return ++calls, &p; });
  EXPECT_EQ(calls, 3) << "nothing is kept";
}

TEST(SingleFlight, EverybodySharesOneCall) {
  found = 0;
  run([] {
    flight g;
    std::atomic<int> calls{0};
    std::atomic<int> good{0};
    const auto one = [&] {
      const auto r = g.run(1, [&] {
        ++calls;
        EXPECT_TRUE(await_joined(7));
        return std::string("result");
      });
      if (r.value == "result" && r.shared) ++good;
    };
    wait_group all;
    for (int i = 0; i < 6; ++i) all.go(one);
    std::thread first(one);
    std::thread second(one);
    all.wait();
    first.join();
    second.join();
    EXPECT_EQ(calls.load(), 1);
    EXPECT_EQ(good.load(), 8);
  });
}

TEST(SingleFlight, KeysDoNotWaitForOneAnother) {
  run([] {
    flight g;
    const auto r = g.run(1, [&] { return g.run(2, [] { return std::string("inner"); }).value; });
    EXPECT_EQ(r.value, "inner");
  });
}

TEST(SingleFlight, AnExceptionReachesAll) {
  found = 0;
  run([] {
    flight g;
    std::atomic<int> threw{0};
    wait_group all;
    for (int i = 0; i < 5; ++i)
      all.go([&] {
        try {
          g.run(1, []() -> std::string {
            EXPECT_TRUE(await_joined(4));
            throw std::runtime_error("it failed");
          });
        } catch (const std::runtime_error& e) {
          if (e.what() == std::string("it failed")) ++threw;
        }
      });
    all.wait();
    EXPECT_EQ(threw.load(), 5);
    EXPECT_EQ(g.run(1, [] { return std::string("again"); }).value, "again");
  });
}

TEST(SingleFlight, GoexitEndsAllGoroutinesAndIsToldToThreads) {
  found = 0;
  run([] {
    flight g;
    std::atomic<int> ended{0};
    std::atomic<int> went_on{0};
    wait_group all;
    std::atomic<bool> started{false};
    for (int i = 0; i < 3; ++i)
      all.go([&] {
        struct at_end {
          std::atomic<int>& n;
          ~at_end() { ++n; }
        } const count{ended};
        g.run(1, [&]() -> std::string {
          started = true;
          EXPECT_TRUE(await_joined(3));
          offset::goexit();
        });
        ++went_on;
      });
    ASSERT_TRUE(test::await([&] { return started.load(); }));
    std::string told;
    std::thread plain([&] {
      try {
        g.run(1, [] { return std::string("its own"); });
      } catch (const offset::panic_error& e) {
        told = e.what();
      }
    });
    plain.join();
    all.wait();
    EXPECT_EQ(told, "runtime.Goexit was called");
    EXPECT_EQ(ended.load(), 3);
    EXPECT_EQ(went_on.load(), 0);
  });
}

TEST(SingleFlight, GoexitClosesTheChannels) {
  found = 0;
  run([] {
    flight g;
    const auto f = []() -> std::string {
      EXPECT_TRUE(await_joined(1));
      offset::goexit();
    };
    const auto a = g.run_chan(1, f);
    const auto b = g.run_chan(1, f);
    EXPECT_FALSE(a.recv().has_value());
    EXPECT_FALSE(b.recv().has_value());
  });
}

TEST(SingleFlight, ChannelsGiveTheResultOnceAndStayOpen) {
  found = 0;
  run([] {
    flight g;
    std::vector<offset::recv_chan<flight::result>> all;
    for (int i = 0; i < 4; ++i)
      all.push_back(g.run_chan(1, [] {
        EXPECT_TRUE(await_joined(3));
        return std::string("r");
      }));
    for (const auto& c : all) {
      const auto r = c.recv();
      ASSERT_TRUE(r.has_value());
      EXPECT_EQ(r->value, "r");
      EXPECT_TRUE(r->shared);
      flight::result none;
      EXPECT_EQ(c.try_recv(none), offset::op_status::would_block);
    }
    const auto alone = g.run_chan(1, [] { return std::string("s"); }).recv();
    ASSERT_TRUE(alone.has_value());
    EXPECT_FALSE(alone->shared);
  });
}

TEST(SingleFlight, WithAContextItWaitsNoLonger) {
  found = 0;
  run([] {
    using offset::context;
    flight g;
    auto [ctx, cancel] = context::with_cancel(context::background());
    const auto r = g.run(ctx, 1, [] { return std::string("mine"); });
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->value, "mine");
    EXPECT_FALSE(r->shared);
    auto go_on = make_chan<void>();
    std::atomic<bool> started{false};
    const auto slow = [&] {
      started = true;
      (void)go_on.recv();
      return std::string("late");
    };
    wait_group others;
    others.go([&] { EXPECT_EQ(g.run(1, slow).value, "late"); });
    ASSERT_TRUE(test::await([&] { return started.load(); }));
    found = 0;
    wait_group hasty;
    hasty.go([&, c = ctx] {
      EXPECT_FALSE(g.run(c, 1, [] { return std::string("its own"); }).has_value());
    });
    others.go([&] {
      const auto got = g.run(context::background(), 1, [] { return std::string("its own"); });
      EXPECT_EQ(got.value().value, "late");
    });
    ASSERT_TRUE(await_joined(2));
    cancel();
    hasty.wait();
    EXPECT_FALSE(g.run(ctx, 2, [] { return std::string("its own"); }).has_value());
    go_on.close();
    others.wait();
  });
}

TEST(SingleFlight, MayBeDestroyedWhileAChannelIsServed) {
  run([] {
    auto go_on = make_chan<void>();
    offset::recv_chan<offset::sync::single_flight<int, int>::result> c;
    {
      offset::sync::single_flight<int, int> g;
      c = g.run_chan(1, [go_on] {
        (void)go_on.recv();
        return 5;
      });
    }
    go_on.close();
    EXPECT_EQ(c.recv()->value, 5);
  });
}

TEST(SingleFlight, ForgottenCallsGoOnForThoseThatJoined) {
  found = 0;
  run([] {
    flight g;
    auto first_may = make_chan<void>();
    const auto first = g.run_chan(1, [&] {
      (void)first_may.recv();
      return std::string("first");
    });
    g.forget(1);
    g.forget(2);
    auto second_may = make_chan<void>();
    const auto second = g.run_chan(1, [&] {
      (void)second_may.recv();
      return std::string("second");
    });
    first_may.close();
    EXPECT_EQ(first.recv()->value, "first");
    // The first one's end has not taken the second out of the table.
    const auto third = g.run_chan(1, [] { return std::string("third"); });
    second_may.close();
    EXPECT_EQ(second.recv()->value, "second");
    EXPECT_EQ(third.recv()->value, "second");
  });
}

TEST(SingleFlight, RunChanWithNoRuntimeThrowsAndLeavesNothing) {
  offset::sync::single_flight<int, int> g;
  EXPECT_THROW(g.run_chan(1, [] { return 1; }), std::logic_error);
  EXPECT_EQ(g.run(1, [] { return 2; }).value, 2);
}

std::atomic<int> panics{0};
std::string first_message;

// With a panic handler the program goes on: whoever waits on a channel sees it closed, whoever runs
// sees the exception.
TEST(SingleFlight, AHandledPanicLeavesNobodyWaiting) {
  found = 0;
  panics = 0;
  const auto before = offset::set_panic_handler([](const offset::panic_info& info) {
    if (panics++ == 0) first_message = info.message;
  });
  run([] {
    flight g;
    const auto fail = [](int joined) -> std::string {
      EXPECT_TRUE(await_joined(joined));
      throw std::runtime_error("nobody catches it");
    };
    wait_group all;
    std::atomic<bool> caught{false};
    std::atomic<bool> started{false};
    all.go([&] {
      try {
        g.run(1, [&] {
          started = true;
          return fail(1);
        });
      } catch (const std::runtime_error&) {
        caught = true;
      }
    });
    ASSERT_TRUE(test::await([&] { return started.load(); }));
    const auto c = g.run_chan(1, [] { return std::string("its own"); });
    EXPECT_FALSE(c.recv().has_value());
    all.wait();
    EXPECT_TRUE(caught.load());
    EXPECT_EQ(panics.load(), 1);
    EXPECT_EQ(first_message, "panic: nobody catches it");

    found = 0;
    std::thread plain([&] {  // the same with a leader that is a plain thread
      EXPECT_THROW(g.run(2,
                         [&] {
                           started = false;
                           return fail(1);
                         }),
                   std::runtime_error);
    });
    ASSERT_TRUE(test::await([&] { return !started.load(); }));
    EXPECT_FALSE(g.run_chan(2, [] { return std::string(); }).recv().has_value());
    EXPECT_EQ(panics.load(), 2);
    plain.join();

    EXPECT_FALSE(
        g.run_chan(3, [&] { return fail(panics >= 0 ? found.load() : 0); }).recv().has_value());
  });
  offset::set_panic_handler(before);
  EXPECT_GE(panics.load(), 3);
}

}  // namespace
