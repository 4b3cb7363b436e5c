// Who waits on a channel and in which order they go on; deadlines; close; plain threads.
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::op_status;
using std::chrono::steady_clock;
using std::chrono::system_clock;

namespace {

constexpr int crowd = 20;

TEST(ChanWait, ReceiversAreServedInOrder) {
  offset::run([] {
    for (const int capacity : {0, 3}) {
      auto c = make_chan<int>(capacity);
      auto got = make_chan<std::pair<int, int>>(crowd);
      for (int r = 0; r < crowd; ++r) {
        offset::go([=] { got.send({r, *c.recv()}); });
        ASSERT_TRUE(test::await_receivers(c, static_cast<std::size_t>(r) + 1));
      }
      for (int v = 0; v < crowd; ++v) c.send(v);
      for (int r = 0; r < crowd; ++r) {
        const auto [who, what] = *got.recv();
        EXPECT_EQ(who, what);
      }
    }
  });
}

TEST(ChanWait, BlockedSendersFillFreedSlotsInOrder) {
  offset::run([] {
    for (const int capacity : {0, 1, 3}) {
      auto c = make_chan<int>(capacity);
      for (int i = 0; i < capacity; ++i) c.send(i);
      for (int s = 0; s < crowd; ++s) {
        offset::go([=] { c.send(capacity + s); });
        ASSERT_TRUE(test::await_senders(c, static_cast<std::size_t>(s) + 1));
      }
      for (int i = 0; i < capacity + crowd; ++i) {
        EXPECT_EQ(c.recv(), i);
        if (i < crowd && capacity > 0) {
          // The freed slot was given to the oldest sender at once: nobody can barge in.
          EXPECT_EQ(c.len(), static_cast<std::size_t>(capacity));
          EXPECT_EQ(c.try_send(-1), op_status::would_block);
        }
      }
    }
  });
}

TEST(ChanWait, LoudSendersFillFreedSlotsInOrder) {
  test::ledger l;
  offset::run([&l] {
    auto c = make_chan<test::counted>(2);
    offset::sync::wait_group sent;
    for (int i = 0; i < 2; ++i) c.send(test::counted(&l, i));
    for (int s = 0; s < crowd; ++s) {
      sent.go([=, &l] { c.send(test::counted(&l, 2 + s)); });
      ASSERT_TRUE(test::await_senders(c, static_cast<std::size_t>(s) + 1));
    }
    for (int i = 0; i < 2 + crowd; ++i) {
      EXPECT_EQ(c.recv()->value(), i);
      if (i < crowd) {
        EXPECT_EQ(c.try_send(test::counted(&l, -1)), op_status::would_block);
      }
    }
    sent.wait();
  });
  EXPECT_EQ(l.alive.load(), 0);
}

TEST(ChanWait, SelectsWaitInTheSameLine) {
  offset::run([] {
    auto c = make_chan<int>();
    auto other = make_chan<int>();
    auto got = make_chan<std::pair<int, int>>(crowd);
    for (int r = 0; r < crowd; ++r) {
      offset::go([=] {
        int v = -1;
        if (r % 2 == 0)
          offset::select(other.if_recv(), c.if_recv(v));
        else
          v = *c.recv();
        got.send({r, v});
      });
      ASSERT_TRUE(test::await_receivers(c, static_cast<std::size_t>(r) + 1));
    }
    for (int v = 0; v < crowd; ++v) c.send(v);
    for (int r = 0; r < crowd; ++r) {
      const auto [who, what] = *got.recv();
      EXPECT_EQ(who, what);
    }
    EXPECT_EQ(test::receivers_of(other), 0U);
  });
}

TEST(ChanWait, CloseWakesAllReceiversAndSenders) {
  offset::run([] {
    auto r = make_chan<int>();
    auto s = make_chan<int>(1);
    s.send(7);
    auto out = make_chan<int>(4 * crowd);
    for (int i = 0; i < crowd; ++i) {
      offset::go([=] { out.send(r.recv() ? 100 : 1); });
      offset::go([=] {
        int v = 5;
        bool ok = true;
        offset::select(r.if_recv(v, ok));
        out.send(!ok && v == 0 ? 1 : 100);
      });
      offset::go([=] {
        try {
          s.send(i);
          out.send(100);
        } catch (const offset::closed_channel&) {
          out.send(1);
        }
      });
      offset::go([=] {
        try {
          offset::select(s.if_send(i), s.if_send(i));
          out.send(100);
        } catch (const offset::closed_channel&) {
          out.send(1);
        }
      });
    }
    ASSERT_TRUE(test::await_receivers(r, 2 * crowd));
    ASSERT_TRUE(test::await_senders(s, 3 * crowd));
    r.close();
    s.close();
    int sum = 0;
    for (int i = 0; i < 4 * crowd; ++i) sum += *out.recv();
    EXPECT_EQ(sum, 4 * crowd);
    EXPECT_EQ(s.recv(), 7) << "what was sent in time is still there";
    EXPECT_EQ(s.recv(), std::nullopt);
    EXPECT_EQ(test::senders_of(s), 0U);
  });
}

// More than close takes out at a time, some of which give up, and others come, meanwhile.
TEST(ChanWait, CloseWakesAnyNumberOfReceivers) {
  offset::run([] {
    constexpr int many = 1'000;
    constexpr int kinds = 4;
    auto c = make_chan<int>();
    auto out = make_chan<int>(2 * many * kinds);
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    for (int i = 0; i < many; ++i) {
      offset::go([=] { out.send(c.recv() ? 100 : 1); });
      offset::go([=] {
        bool ok = true;
        int v = 5;
        offset::select(c.if_recv(v, ok), c.if_recv(v, ok));
        out.send(!ok && v == 0 ? 1 : 100);
      });
      offset::go([=] {
        int v = 5;
        out.send(c.recv_for(v, 10min) == op_status::closed ? 1 : 100);
      });
      offset::go([=, ctx = ctx] {
        int v = 5;
        out.send(c.recv(ctx, v) != op_status::ok ? 1 : 100);
      });
    }
    ASSERT_TRUE(test::await_receivers(c, many * (kinds + 1)));
    offset::go([cancel = cancel] { cancel(); });
    offset::go([=] {
      for (int i = 0; i < many * kinds; ++i) {
        out.send(c.recv() ? 100 : 1);
        if (i % 100 == 0) offset::yield();
      }
    });
    offset::yield();
    c.close();
    EXPECT_EQ(test::receivers_of(c), 0U);
    int sum = 0;
    for (int i = 0; i < 2 * many * kinds; ++i) sum += *out.recv();
    EXPECT_EQ(sum, 2 * many * kinds);
  });
}

// Whatever is sent meanwhile comes before the close or not at all.
TEST(ChanWait, NothingIsSentAfterClose) {
  offset::run([] {
    for (int round = 0; round < 20; ++round) {
      constexpr int many = 500;
      auto c = make_chan<int>();
      auto ended = make_chan<int>(2 * many);
      for (int i = 0; i < many; ++i)
        offset::go([=] {
          int n = 0;
          while (c.recv()) ++n;
          ended.send(n);
        });
      ASSERT_TRUE(test::await_receivers(c, many));
      std::atomic<bool> closing{false};
      auto sent = make_chan<int>(1);
      offset::go([&] {
        int n = 0;
        try {
          for (;; ++n) {
            c.send(n);
            closing.store(true);
          }
        } catch (const offset::closed_channel&) {
          sent.send(n);
        }
      });
      ASSERT_TRUE(test::await([&] { return closing.load(); }));
      c.close();
      EXPECT_THROW(c.send(1), offset::closed_channel);
      EXPECT_THROW(c.close(), offset::panic_error);
      int received = 0;
      for (int i = 0; i < many; ++i) received += *ended.recv();
      EXPECT_EQ(received, *sent.recv());
    }
  });
}

TEST(ChanWait, TimeoutsAreNotEarly) {
  offset::run([] {
    auto c = make_chan<int>();
    int out = 0;
    auto began = steady_clock::now();
    EXPECT_EQ(c.recv_for(out, 3ms), op_status::timeout);
    EXPECT_GE(steady_clock::now() - began, 3ms);
    began = steady_clock::now();
    EXPECT_EQ(c.send_for(1, 3ms), op_status::timeout);
    EXPECT_GE(steady_clock::now() - began, 3ms);
    began = steady_clock::now();
    EXPECT_EQ(c.recv_until(out, began + 3ms), op_status::timeout);
    EXPECT_GE(steady_clock::now() - began, 3ms);
    const auto wall = system_clock::now();
    began = steady_clock::now();
    EXPECT_EQ(c.send_until(1, wall + 3ms), op_status::timeout);
    EXPECT_GE(steady_clock::now() - began, 2ms);
    began = steady_clock::now();
    EXPECT_EQ(c.recv_for(out, std::chrono::duration<double, std::milli>(2.5)), op_status::timeout);
    EXPECT_GE(steady_clock::now() - began, 2500us);
    EXPECT_EQ(test::receivers_of(c), 0U);
    EXPECT_EQ(test::senders_of(c), 0U);
  });
}

TEST(ChanWait, PastTimeTakesWhatIsReady) {
  offset::run([] {
    auto c = make_chan<int>(1);
    int out = 0;
    EXPECT_EQ(c.send_for(1, 0s), op_status::ok);
    EXPECT_EQ(c.send_for(2, -1h), op_status::timeout);
    EXPECT_EQ(c.recv_for(out, -1h), op_status::ok);
    EXPECT_EQ(out, 1);
    EXPECT_EQ(c.recv_for(out, 0s), op_status::timeout);
    EXPECT_EQ(c.send_until(3, steady_clock::now() - 1h), op_status::ok);
    EXPECT_EQ(c.recv_until(out, system_clock::now() - 1h), op_status::ok);
    EXPECT_EQ(out, 3);
    c.close();
    EXPECT_EQ(c.recv_for(out, 0s), op_status::closed);
    EXPECT_EQ(c.send_for(1, -1s), op_status::closed);
  });
}

TEST(ChanWait, ExtremeTimes) {
  offset::run([] {
    auto c = make_chan<int>();
    int out = 0;
    // Long past, in every way to say it.
    EXPECT_EQ(c.recv_for(out, std::chrono::nanoseconds::min()), op_status::timeout);
    EXPECT_EQ(c.recv_for(out, std::chrono::hours::min()), op_status::timeout);
    EXPECT_EQ(c.recv_until(out, steady_clock::time_point::min()), op_status::timeout);
    // The far future: a value that comes is received, nothing times out.
    const auto expect_value = [&](auto receive) {
      offset::go([=] {
        EXPECT_TRUE(test::await_receivers(c, 1));
        c.send(5);
      });
      out = 0;
      const op_status s = receive();
      EXPECT_EQ(s, op_status::ok);
      if (s != op_status::ok) c.recv();
      EXPECT_EQ(out, 5);
    };
    expect_value([&] { return c.recv_for(out, std::chrono::nanoseconds::max()); });
    expect_value([&] { return c.recv_for(out, std::chrono::hours::max()); });
    expect_value([&] { return c.recv_for(out, std::chrono::duration<double>(1e300)); });
    expect_value([&] { return c.recv_until(out, steady_clock::time_point::max()); });
    expect_value([&] { return c.recv_until(out, system_clock::time_point::max()); });
  });
}

TEST(ChanWait, WallClockLongPast) {
  // Runs in a goroutine of its own, and is given up on: a wait that does not end is the failure.
  offset::run([] {
    auto c = make_chan<int>();
    auto answer = make_chan<op_status>(1);
    static volatile auto least = system_clock::duration::min().count();  // not to be reasoned about
    offset::go([=] {
      int out = 0;
      answer.send(c.recv_until(out, system_clock::time_point(system_clock::duration(least))));
    });
    op_status got = op_status::ok;
    EXPECT_EQ(answer.recv_for(got, 5s), op_status::ok) << "still waiting for a time long past";
    EXPECT_EQ(got, op_status::timeout);
  });
}

TEST(ChanWait, WallClockInHours) {
  // The time point's own duration may reach further than the clock's.
  using far = std::chrono::time_point<system_clock, std::chrono::hours>;
  offset::run([] {
    auto c = make_chan<int>();
    offset::go([=] {
      EXPECT_TRUE(test::await_receivers(c, 1));
      c.send(5);
    });
    int out = 0;
    const op_status s = c.recv_until(out, far::max());
    EXPECT_EQ(s, op_status::ok);
    if (s != op_status::ok) c.recv();
  });
}

TEST(ChanWait, ManyTimeoutsLeaveNothingBehind) {
  offset::run([] {
    auto c = make_chan<int>();
    offset::sync::wait_group all;
    for (int g = 0; g < 8; ++g)
      all.go([=] {
        int out = 0;
        for (int i = 0; i < 50; ++i) {
          EXPECT_EQ(c.recv_for(out, std::chrono::microseconds(i)), op_status::timeout);
        }
      });
    all.wait();
    EXPECT_EQ(test::receivers_of(c), 0U);
    EXPECT_EQ(c.try_send(1), op_status::would_block) << "a stale receiver";
  });
}

TEST(ChanWait, DeadlineAndSendRace) {
  // Either the value was received or it was not sent: never both, never neither.
  offset::run([] {
    auto c = make_chan<int>();
    std::atomic<int> received{0};
    int sent = 0;
    offset::sync::wait_group all;
    std::atomic<bool> stop{false};
    for (int g = 0; g < 3; ++g)
      all.go([&, c] {
        int out = 0;
        while (!stop)
          if (c.recv_for(out, std::chrono::microseconds(20)) == op_status::ok) ++received;
      });
    for (int i = 0; i < 2'000; ++i)
      if (c.send_for(1, std::chrono::microseconds(i % 40)) == op_status::ok) ++sent;
    stop = true;
    all.wait();
    EXPECT_EQ(received.load(), sent);
  });
}

TEST(ChanWait, PipelinePassesEverything) {
  offset::run([] {
    auto source = make_chan<int>(3);
    auto c = source;
    for (int stage = 0; stage < 10; ++stage) {
      auto next = make_chan<int>(stage % 3);
      offset::go([=] {
        for (int v : c) next.send(v + 1);
        next.close();
      });
      c = next;
    }
    offset::go([=] {
      for (int i = 0; i < 300; ++i) source.send(i);
      source.close();
    });
    int expected = 10;
    for (int v : c) EXPECT_EQ(v, expected++);
    EXPECT_EQ(expected, 310);
  });
}

// --- plain threads: with no runtime at all, and beside one

void exchange_between_threads(int capacity) {
  auto c = make_chan<int>(capacity);
  constexpr int each = 2'000;
  std::vector<std::thread> threads;
  std::atomic<long> sum{0};
  std::atomic<int> open_senders{2};
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 1; i <= each; ++i) c.send(i);
      if (--open_senders == 0) c.close();
    });
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int v : c) sum += v;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(sum.load(), 2L * each * (each + 1) / 2);
}

TEST(ChanThreads, WithoutARuntime) {
  ASSERT_EQ(offset::num_goroutines(), 0U);
  exchange_between_threads(0);
  exchange_between_threads(5);
}

TEST(ChanThreads, DeadlinesWithoutARuntime) {
  auto c = make_chan<int>();
  int out = 0;
  const auto began = steady_clock::now();
  EXPECT_EQ(c.recv_for(out, 3ms), op_status::timeout);
  EXPECT_EQ(c.send_for(1, 3ms), op_status::timeout);
  EXPECT_GE(steady_clock::now() - began, 6ms);
  std::thread sender([&] { EXPECT_EQ(c.send_for(9, test::limit), op_status::ok); });
  EXPECT_EQ(c.recv_for(out, test::limit), op_status::ok);
  EXPECT_EQ(out, 9);
  sender.join();
}

TEST(ChanThreads, ThreadsAndGoroutines) {
  auto in = make_chan<int>();
  auto out = make_chan<int>(2);
  std::thread feeder([&] {
    for (int i = 0; i < 1'000; ++i) in.send(i);
    in.close();
  });
  long sum = 0;
  std::thread eater([&] {
    for (int v : out) sum += v;
  });
  offset::run([&] {
    offset::sync::wait_group workers;
    for (int w = 0; w < 4; ++w)
      workers.go([=] {
        for (int v : in) out.send(v);
      });
    workers.wait();
    out.close();
  });
  feeder.join();
  eater.join();
  EXPECT_EQ(sum, 999L * 1000 / 2);
}

TEST(ChanThreads, ClosedUnderAThread) {
  auto c = make_chan<int>();
  std::thread receiver([&] { EXPECT_EQ(c.recv(), std::nullopt); });
  ASSERT_TRUE(test::await_receivers(c, 1));
  c.close();
  receiver.join();
  auto d = make_chan<int>();
  std::thread sender([&] { EXPECT_THROW(d.send(1), offset::closed_channel); });
  ASSERT_TRUE(test::await_senders(d, 1));
  d.close();
  sender.join();
}

}  // namespace
