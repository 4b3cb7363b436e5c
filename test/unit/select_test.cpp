// Every form of select, one after the other.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::make_chan;
using offset::op_status;
using offset::otherwise;
using offset::select;
using offset::timeout;

namespace {

TEST(Select, IndexIsThePositionInTheCall) {
  offset::run([] {
    auto a = make_chan<int>(1);
    auto b = make_chan<std::string>(1);
    const chan<int> nil;
    b.send("b");
    EXPECT_EQ(select(a.if_recv(), b.if_recv()), 1U);
    EXPECT_EQ(select(a.if_recv(), a.if_send(3), b.if_recv()), 1U);
    EXPECT_EQ(select(nil.if_recv(), nil.if_send(1), b.if_recv(), a.if_recv()), 3U);
    EXPECT_EQ(select(otherwise, a.if_recv()), 0U);
    EXPECT_EQ(select(a.if_recv(), otherwise, b.if_recv()), 1U);
    EXPECT_EQ(select(a.if_recv(), b.if_recv(), timeout(1ms), nil.if_recv()), 2U);
    a.send(1);
    EXPECT_EQ(select(otherwise, a.if_recv()), 1U);
    EXPECT_EQ(select(timeout(1h), b.if_recv(), b.if_send("x")), 2U);
    EXPECT_EQ(select(otherwise), 0U);
    EXPECT_EQ(select(timeout(0s)), 0U);
  });
}

TEST(Select, SwitchAsInGo) {
  offset::run([] {
    auto c = make_chan<long>();
    auto quit = make_chan<void>();
    std::vector<long> got;
    offset::go([&, c, quit] {
      for (int i = 0; i < 10; ++i) got.push_back(*c.recv());
      quit.send();
    });
    [&] {
      for (long x = 0, y = 1;;) switch (select(c.if_send(x), quit.if_recv())) {
          case 0: x = std::exchange(y, x + y); break;
          case 1: return;
          default: ADD_FAILURE(); return;
        }
    }();
    EXPECT_EQ(got, (std::vector<long>{0, 1, 1, 2, 3, 5, 8, 13, 21, 34}));
  });
}

TEST(Select, OutParameters) {
  offset::run([] {
    auto c = make_chan<std::string>(2);
    c.send("one");
    c.send("two");
    c.close();
    std::string out;
    bool ok = false;
    EXPECT_EQ(select(c.if_recv(out, ok)), 0U);
    EXPECT_EQ(out, "one");
    EXPECT_TRUE(ok);
    EXPECT_EQ(select(c.if_recv(out)), 0U);
    EXPECT_EQ(out, "two");
    EXPECT_EQ(select(c.if_recv(out, ok)), 0U);
    EXPECT_EQ(out, "");
    EXPECT_FALSE(ok);
    out = "old";
    EXPECT_EQ(select(c.if_recv(out)), 0U);
    EXPECT_EQ(out, "");

    auto d = make_chan<int>(1);
    std::optional<int> maybe = 8;
    d.send(9);
    EXPECT_EQ(select(d.if_recv(maybe)), 0U);
    EXPECT_EQ(maybe, 9);
    d.close();
    EXPECT_EQ(select(d.if_recv(maybe)), 0U);
    EXPECT_EQ(maybe, std::nullopt);
  });
}

TEST(Select, VoidChannels) {
  offset::run([] {
    auto c = make_chan<void>(1);
    bool ok = false;
    int calls = 0;
    EXPECT_EQ(select(c.if_send([&] { ++calls; })), 0U);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(select(c.if_recv(ok)), 0U);
    EXPECT_TRUE(ok);
    c.send();
    bool open = false;
    EXPECT_EQ(select(c.if_recv([&](bool o) { open = o; })), 0U);
    EXPECT_TRUE(open);
    c.close();
    EXPECT_EQ(select(c.if_recv(ok)), 0U);
    EXPECT_FALSE(ok);
    EXPECT_EQ(select(c.if_recv([&](bool o) { open = o; })), 0U);
    EXPECT_FALSE(open);
    EXPECT_EQ(select(c.if_recv([&] { ++calls; })), 0U);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(select(c.if_recv()), 0U);
    EXPECT_THROW(select(c.if_send()), offset::closed_channel);
  });
}

TEST(Select, Handlers) {
  offset::run([] {
    auto c = make_chan<int>(1);
    std::string log;
    const auto note = [&](const std::string& s) { log += s + ";"; };
    select(c.if_send(5, [&] { note("sent"); }));
    select(c.if_recv([&](std::optional<int> v) { note("opt " + std::to_string(v.value_or(-1))); }));
    c.send(6);
    select(c.if_recv([&](int v) { note("int " + std::to_string(v)); }));
    c.send(7);
    select(c.if_recv([&] { note("none"); }));
    c.send(8);
    // Takes anything: it is given the optional.
    select(c.if_recv([&](auto v) {
      static_assert(std::is_same_v<decltype(v), std::optional<int>>);
      note("auto " + std::to_string(*v));
    }));
    select(c.if_recv(), otherwise([&] { note("otherwise"); }));
    select(c.if_recv(), timeout(1ms, [&] { note("timeout"); }));
    c.close();
    select(c.if_recv([&](std::optional<int> v) { note(v ? "value" : "closed"); }));
    select(c.if_recv([&](int v) { note("zero " + std::to_string(v)); }));
    select(c.if_recv([&] { note("none"); }));
    EXPECT_EQ(log, "sent;opt 5;int 6;none;auto 8;otherwise;timeout;closed;zero 0;none;");
  });
}

TEST(Select, HandlersOfMoveOnlyValues) {
  offset::run([] {
    auto c = make_chan<std::unique_ptr<int>>(1);
    std::unique_ptr<int> kept;
    c.send(std::make_unique<int>(1));
    select(c.if_recv([&](std::unique_ptr<int> p) { kept = std::move(p); }));
    EXPECT_EQ(*kept, 1);
    c.send(std::make_unique<int>(2));
    select(c.if_recv([&](std::optional<std::unique_ptr<int>> p) { kept = std::move(p).value(); }));
    EXPECT_EQ(*kept, 2);
    // A handler that can be called once only by being moved into place.
    c.send(std::make_unique<int>(3));
    auto token = std::make_unique<int>(9);
    int seen = 0;
    select(c.if_recv([&seen, t = std::move(token)](std::unique_ptr<int> p) { seen = *p + *t; }));
    EXPECT_EQ(seen, 12);
    c.close();
    select(c.if_recv([&](std::unique_ptr<int> p) { kept = std::move(p); }));
    EXPECT_EQ(kept, nullptr);
  });
}

TEST(Select, CallableValueIsAnOutParameter) {
  offset::run([] {
    auto c = make_chan<std::function<void()>>(2);
    int calls = 0;
    c.send([&] { calls += 10; });
    std::function<void()> f = [&] { ++calls; };
    EXPECT_EQ(select(c.if_recv(f)), 0U);
    EXPECT_EQ(calls, 0) << "taken for a handler";
    f();
    EXPECT_EQ(calls, 10);
  });
}

TEST(Select, ValuesWithoutDefault) {
  offset::run([] {
    auto c = make_chan<test::no_default>(1);
    c.send(test::no_default(1));
    std::optional<test::no_default> out;
    select(c.if_recv(out));
    EXPECT_EQ(out->value, 1);
    c.close();
    select(c.if_recv([&](std::optional<test::no_default> v) { out = v; }));
    EXPECT_FALSE(out.has_value());
  });
}

TEST(Select, HandlersMayUseTheChannel) {
  offset::run([] {
    auto c = make_chan<int>(2);
    c.send(1);
    select(c.if_recv([&](int v) {
      c.send(v + 1);
      select(c.if_recv([&](int w) { c.send(w + 1); }));
    }));
    EXPECT_EQ(c.recv(), 3);
    select(c.if_send(1, [&] { c.close(); }));
    EXPECT_EQ(c.recv(), 1);
    EXPECT_EQ(c.recv(), std::nullopt);
  });
}

TEST(Select, HandlersMayThrow) {
  offset::run([] {
    auto c = make_chan<int>(1);
    c.send(1);
    EXPECT_THROW(select(c.if_recv([](int) { throw 5; })), int);
    EXPECT_EQ(c.len(), 0U) << "performed, although its handler threw";
    EXPECT_THROW(select(c.if_send(1, [] { throw 5; })), int);
    EXPECT_EQ(c.len(), 1U);
    EXPECT_THROW(select(c.if_send(1), otherwise([] { throw 5; })), int);
    EXPECT_THROW(select(c.if_send(1), timeout(0s, [] { throw 5; })), int);
    test::ledger l;
    auto d = make_chan<test::counted>();
    offset::go([=, &l] { d.send(test::counted(&l, 1)); });
    EXPECT_THROW(select(d.if_recv([](test::counted) { throw 5; })), int);
    EXPECT_TRUE(test::await([&] { return l.alive.load() == 0; }));
  });
}

TEST(Select, NotChosenIsNotPerformed) {
  offset::run([] {
    auto ready = make_chan<int>(1);
    auto full = make_chan<std::unique_ptr<int>>();
    auto empty = make_chan<std::string>();
    auto p = std::make_unique<int>(1);
    std::string s = "old";
    bool ok = true;
    std::optional<std::string> o = "older";
    int calls = 0;
    // At once, with otherwise, after waiting, by timeout.
    ready.send(1);
    select(full.if_send(std::move(p), [&] { ++calls; }), ready.if_recv(), empty.if_recv(s, ok),
           empty.if_recv(o));
    select(full.if_send(std::move(p), [&] { ++calls; }), empty.if_recv(s, ok), empty.if_recv(o),
           otherwise);
    offset::go([=] {
      EXPECT_TRUE(test::await_senders(full, 1));
      ready.send(2);
    });
    select(full.if_send(std::move(p), [&] { ++calls; }), ready.if_recv(), empty.if_recv(s, ok),
           empty.if_recv(o), empty.if_recv([&] { ++calls; }));
    select(full.if_send(std::move(p), [&] { ++calls; }), empty.if_recv(s, ok), timeout(1ms));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(*p, 1);
    EXPECT_EQ(s, "old");
    EXPECT_TRUE(ok);
    EXPECT_EQ(o, "older");
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(test::senders_of(full), 0U);
    EXPECT_EQ(test::receivers_of(empty), 0U);
    EXPECT_EQ(test::receivers_of(ready), 0U);
  });
}

TEST(Select, LvalueIsCopiedOnlyWhenChosen) {
  offset::run([] {
    test::ledger l;
    auto c = make_chan<test::counted>(1);
    const test::counted v(&l, 4);
    select(c.if_send(v));
    EXPECT_EQ(l.copies.load(), 1);
    select(c.if_send(v), otherwise);
    EXPECT_EQ(l.copies.load(), 1);
    EXPECT_EQ(c.recv()->value(), 4);
  });
}

TEST(Select, ConvertedValue) {
  offset::run([] {
    auto c = make_chan<std::string>(1);
    EXPECT_EQ(select(c.if_send("text")), 0U);
    EXPECT_EQ(c.recv(), "text");
    auto l = make_chan<long>(1);
    EXPECT_EQ(select(l.if_send(5), otherwise), 0U);
    EXPECT_EQ(l.recv(), 5L);
  });
}

TEST(Select, TemporaryHandle) {
  offset::run([] {
    test::ledger l;
    // The case owns the channel that it was made from: nobody else does.
    EXPECT_EQ(select(make_chan<int>(1).if_send(4)), 0U);
    EXPECT_EQ(select(make_chan<test::counted>(1).if_send(test::counted(&l, 1))), 0U);
    EXPECT_EQ(l.alive.load(), 0);
    EXPECT_EQ(select(make_chan<int>().if_recv(), otherwise), 1U);
    const auto closed = [] {
      auto c = make_chan<int>();
      c.close();
      return offset::recv_chan<int>(c);
    };
    EXPECT_EQ(select(closed().if_recv()), 0U);
  });
}

TEST(Select, ReadyBeatsTimeoutEvenAtZero) {
  offset::run([] {
    auto c = make_chan<int>(1);
    for (int i = 0; i < 1'000; ++i) {
      c.send(i);
      ASSERT_EQ(select(timeout(0s), c.if_recv()), 1U);
      ASSERT_EQ(select(c.if_send(i), timeout(-1h)), 0U);
      ASSERT_EQ(select(c.if_recv(), timeout(std::chrono::nanoseconds(1))), 0U);
    }
    auto unbuffered = make_chan<int>();
    offset::go([=] { unbuffered.send(1); });
    ASSERT_TRUE(test::await_senders(unbuffered, 1));
    EXPECT_EQ(select(timeout(0s), unbuffered.if_recv()), 1U);
    EXPECT_EQ(select(timeout(0s), unbuffered.if_recv()), 0U);
  });
}

TEST(Select, TimeoutIsNotEarly) {
  offset::run([] {
    auto c = make_chan<int>();
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(select(c.if_recv(), c.if_send(1), timeout(5ms)), 2U);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 5ms);
    EXPECT_EQ(select(c.if_recv(), timeout(2500us)), 1U);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 7500us);
    EXPECT_EQ(select(chan<int>().if_recv(), timeout(1ms)), 1U) << "nothing but nil";
    EXPECT_GE(std::chrono::steady_clock::now() - began, 8500us);
    EXPECT_EQ(test::receivers_of(c) + test::senders_of(c), 0U);
  });
}

TEST(Select, TimeoutTooLongToCountNeverComes) {
  offset::run([] {
    auto c = make_chan<int>();
    const auto expect_value = [&](auto d) {
      offset::go([=] {
        EXPECT_TRUE(test::await_receivers(c, 1));
        c.send(1);
      });
      EXPECT_EQ(select(c.if_recv(), timeout(d)), 0U);
    };
    expect_value(std::chrono::nanoseconds::max());
    expect_value(std::chrono::hours::max());
    expect_value(std::chrono::nanoseconds::max() - 1ns);
  });
}

TEST(Select, OtherwiseBeatsTimeout) {
  offset::run([] {
    auto c = make_chan<int>();
    int calls = 0;
    EXPECT_EQ(select(c.if_recv(), timeout(1h, [&] { ++calls; }), otherwise), 2U);
    EXPECT_EQ(calls, 0);
  });
}

TEST(Select, ClosedIsReadyToReceive) {
  offset::run([] {
    auto a = make_chan<int>();
    auto b = make_chan<int>();
    b.close();
    int out = 5;
    bool ok = true;
    EXPECT_EQ(select(a.if_recv(), b.if_recv(out, ok), otherwise), 1U);
    EXPECT_EQ(out, 0);
    EXPECT_FALSE(ok);
  });
}

TEST(Select, SendToClosedPanicsOnlyWhenChosen) {
  offset::run([] {
    auto closed = make_chan<std::string>();
    closed.close();
    auto other = make_chan<int>(1);
    int panics = 0;
    constexpr int trials = 400;
    for (int i = 0; i < trials; ++i) {
      std::string value = "a string that is too long for the small buffer";
      other.send(i);
      try {
        ASSERT_EQ(select(closed.if_send(std::move(value)), other.if_recv()), 1U);
      } catch (const offset::closed_channel&) {
        ++panics;
        ASSERT_EQ(other.len(), 1U) << "two cases were performed";
        other.recv();
      }
      ASSERT_EQ(value.size(), 46U);
    }
    EXPECT_GT(panics, trials / 4);
    EXPECT_LT(panics, trials * 3 / 4);
    EXPECT_THROW(select(closed.if_send("x"), otherwise), offset::closed_channel);
    EXPECT_THROW(select(closed.if_send("x"), timeout(0s)), offset::closed_channel);
  });
}

TEST(Select, ClosedUnderAWaitingSend) {
  offset::run([] {
    auto c = make_chan<std::string>();
    auto d = make_chan<int>();
    offset::go([=] {
      EXPECT_TRUE(test::await_senders(c, 1));
      c.close();
    });
    std::string value = "v";
    EXPECT_THROW(select(c.if_send(std::move(value)), d.if_recv(), timeout(1h)),
                 offset::closed_channel);
    EXPECT_EQ(value, "v");
    EXPECT_EQ(test::receivers_of(d), 0U);
  });
}

TEST(Select, DoesNotTalkToItself) {
  offset::run([] {
    auto c = make_chan<int>();
    EXPECT_EQ(select(c.if_send(1), c.if_recv(), otherwise), 2U);
    EXPECT_EQ(select(c.if_send(1), c.if_recv(), timeout(1ms)), 2U);
    EXPECT_EQ(test::senders_of(c) + test::receivers_of(c), 0U);
    // Two that do the same find each other.
    constexpr int rounds = 200;
    auto sums = make_chan<std::pair<int, int>>(2);
    for (int g = 0; g < 2; ++g)
      offset::go([=] {
        int sent = 0;
        int received = 0;
        for (int i = 0; i < rounds; ++i) {
          int v = -1;
          if (select(c.if_send(g), c.if_recv(v)) == 0) {
            ++sent;
          } else {
            ++received;
            EXPECT_EQ(v, 1 - g) << "its own value";
          }
        }
        sums.send({sent, received});
      });
    const auto [s0, r0] = *sums.recv();
    const auto [s1, r1] = *sums.recv();
    EXPECT_EQ(s0, r1);
    EXPECT_EQ(s1, r0);
    EXPECT_EQ(s0 + r0, rounds);
  });
}

}  // namespace
