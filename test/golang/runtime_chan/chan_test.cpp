// Go: src/runtime/chan_test.go, what it says of channels alone. Of select: select_test.cpp.
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"
#include "../../support/where.h"

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

// TestChan, in its parts.

void receive_from_empty_waits(int cap) {
  auto c = make_chan<int>(cap);
  std::atomic<bool> received{false};
  auto done = make_chan<void>();
  offset::go([=, &received] {
    c.recv();
    received = true;
    done.send();
  });
  offset::go([=, &received] {
    int x = 1;
    EXPECT_TRUE(c.recv(x));
    received = true;
    done.send();
  });
  ASSERT_TRUE(test::await_receivers(c, 2));
  EXPECT_FALSE(received);
  c.send(0);
  c.send(0);
  done.recv();
  done.recv();
  int x = 1;
  bool ok = true;
  EXPECT_EQ(select(c.if_recv(), otherwise), 1U);
  EXPECT_EQ(select(c.if_recv(x, ok), otherwise), 1U);
}

void send_to_full_waits(int cap) {
  auto c = make_chan<int>(cap);
  for (int i = 0; i < cap; ++i) c.send(i);
  std::atomic<bool> sent{false};
  auto done = make_chan<void>();
  offset::go([=, &sent] {
    c.send(0);
    sent = true;
    done.send();
  });
  ASSERT_TRUE(test::await_senders(c, 1));
  EXPECT_FALSE(sent);
  if (cap > 0) {
    EXPECT_EQ(select(c.if_send(0), otherwise), 1U);
  }
  c.recv();
  done.recv();
}

void closed_gives_what_is_left_then_zero(int cap) {
  auto c = make_chan<int>(cap);
  for (int i = 0; i < cap; ++i) c.send(i);
  c.close();
  for (int i = 0; i < cap; ++i) EXPECT_EQ(c.recv(), i);
  EXPECT_EQ(c.recv().value_or(0), 0);
  int x = 1;
  EXPECT_FALSE(c.recv(x));
  EXPECT_EQ(x, 0);
}

void close_ends_a_receive(int cap) {
  auto c = make_chan<int>(cap);
  auto done = make_chan<bool>();
  offset::go([=] {
    int x = 1;
    const bool ok = c.recv(x);
    done.send(x == 0 && !ok);
  });
  ASSERT_TRUE(test::await_receivers(c, 1));
  c.close();
  EXPECT_EQ(done.recv(), true);
}

void keeps_order(int cap) {
  auto c = make_chan<int>(cap);
  const auto send = [=] {
    for (int i = 0; i < 100; ++i) c.send(i);
  };
  offset::go(send);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(c.recv(), i);
  offset::go(send);
  for (int i = 0; i < 100; ++i) {
    int x = -1;
    EXPECT_TRUE(c.recv(x));
    EXPECT_EQ(x, i);
  }
}

void delivers_each_value_once(int cap) {
  constexpr int parties = 4;
  constexpr int values = 1000;
  using counts = std::map<int, int>;
  auto c = make_chan<int>(cap);
  auto done = make_chan<counts>();
  for (int p = 0; p < parties; ++p) {
    offset::go([=] {
      for (int i = 0; i < values; ++i) c.send(i);
    });
    offset::go([=] {
      counts got;
      for (int i = 0; i < values; ++i) ++got[c.recv().value()];
      done.send(std::move(got));
    });
  }
  counts all;
  for (int p = 0; p < parties; ++p) {
    const counts got = done.recv().value();
    for (const auto& [value, n] : got) all[value] += n;
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(values));
  for (const auto& [value, n] : all) EXPECT_EQ(n, parties) << value;
}

void length_and_capacity(int cap) {
  const auto size = static_cast<std::size_t>(cap);
  auto c = make_chan<int>(cap);
  EXPECT_EQ(c.len(), 0U);
  EXPECT_EQ(c.cap(), size);
  for (int i = 0; i < cap; ++i) c.send(i);
  EXPECT_EQ(c.len(), size);
  EXPECT_EQ(c.cap(), size);
}

TEST(Chan, TestChan) {
  offset::run([] {
    for (int cap = 0; cap < 200; cap += cap < 20 ? 1 : 19) {
      const test::where here("capacity " + std::to_string(cap));
      receive_from_empty_waits(cap);
      send_to_full_waits(cap);
      closed_gives_what_is_left_then_zero(cap);
      close_ends_a_receive(cap);
      keeps_order(cap);
      delivers_each_value_once(cap);
      length_and_capacity(cap);
    }
  });
}

// TestNonblockRecvRace: the channel always has something to say, first a value and then that it is
// closed; a receive with a default never misses both.
TEST(Chan, TestNonblockRecvRace) {
  offset::run([] {
    auto done = make_chan<void>();
    for (int i = 0; i < 10000 && !testing::Test::HasFailure(); ++i) {
      auto c = make_chan<int>(1);
      c.send(1);
      offset::go([=] {
        EXPECT_EQ(select(c.if_recv(), otherwise), 0U) << "chan is not ready";
        done.send();
      });
      c.close();
      c.recv();
      done.recv();
    }
  });
}

// TestMultiConsumer: many workers between two queues lose and double nothing, and the queue behind
// them may be closed once they are done.
TEST(Chan, TestMultiConsumer) {
  offset::run([] {
    constexpr int workers = 23;
    constexpr int items = 271828;
    static constexpr int pn[] = {2, 3, 7, 11, 13, 17, 19, 23, 27, 31};
    auto q = make_chan<int>(workers * 3);
    auto r = make_chan<int>(workers * 3);
    offset::sync::wait_group group;
    for (std::size_t w = 0; w < workers; ++w) {
      group.add(1);
      offset::go([=, &group] {
        for (int v : q) {
          if (pn[w % std::size(pn)] == v) offset::yield();  // so that the order is mixed
          r.send(v);
        }
        group.done();
      });
    }
    long expected = 0;
    offset::go([=, &group, &expected] {
      for (std::size_t i = 0; i < items; ++i) {
        const int v = pn[i % std::size(pn)];
        expected += v;
        q.send(v);
      }
      q.close();
      group.wait();
      r.close();
    });
    int n = 0;
    long sum = 0;
    for (int v : r) {
      ++n;
      sum += v;
    }
    EXPECT_EQ(n, items);
    EXPECT_EQ(sum, expected);
  });
}

// Uses `depth` frames of about half a kilobyte, so that none of it may be folded away.
[[gnu::noinline]] unsigned use_stack(int depth) {
  volatile unsigned char room[512];
  for (std::size_t i = 0; i < sizeof room; i += 64) room[i] = static_cast<unsigned char>(depth);
  return depth == 0 ? room[0] : use_stack(depth - 1) + room[64];
}

// TestShrinkStackDuringBlockedSend: goroutine stacks do not move here; what is left of the test is
// that a send waits while its sender has just used much of its stack and will again.
TEST(Chan, TestShrinkStackDuringBlockedSend) {
  offset::run([] {
    constexpr int n = 10;
    auto c = make_chan<int>();
    auto done = make_chan<void>();
    offset::go([=] {
      for (int i = 0; i < n; ++i) {
        c.send(i);
        EXPECT_GE(use_stack(100), 0U);
      }
      done.send();
    });
    for (int i = 0; i < n; ++i) {
      ASSERT_TRUE(test::await_senders(c, 1));
      EXPECT_EQ(c.recv(), i);
    }
    done.recv();
  });
}

// TestNoShrinkStackWhileParking: the same without waiting for the sender to be parked, many times.
TEST(Chan, TestNoShrinkStackWhileParking) {
  offset::run([] {
    constexpr int n = 10;
    for (int round = 0; round < n * 20; ++round) {
      auto c = make_chan<int>();
      auto done = make_chan<void>();
      offset::go([=] {
        for (int i = 0; i < n; ++i) {
          if (i % 2 == 0) offset::yield();
          EXPECT_EQ(c.recv(), i);
        }
        done.send();
      });
      offset::go([=] {
        for (int i = 0; i < n; ++i) {
          c.send(i);
          EXPECT_GE(use_stack(100), 0U);
        }
        done.send();
      });
      done.recv();
      done.recv();
    }
  });
}

}  // namespace
