// Go: src/runtime/chan_test.go, what it says of select.
#include <any>
#include <array>
#include <cmath>
#include <mutex>
#include <typeinfo>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

// A select looks at all its channels at one instant. From the start of the second goroutine at
// least one of the two is ready, though not the same one all the time: its default is never right.
void one_of_two_is_always_ready(bool close_second) {
  auto done = make_chan<bool>(1);
  for (int i = 0; i < 20000; ++i) {
    auto c1 = make_chan<int>(1);
    auto c2 = make_chan<int>(close_second ? 0 : 1);
    c1.send(1);
    offset::go([=] { done.send(select(c1.if_recv(), c2.if_recv(), otherwise) != 2); });
    if (close_second)
      c2.close();
    else
      c2.send(1);
    select(c1.if_recv(), otherwise);
    ASSERT_EQ(done.recv(), true) << "no chan is ready";
  }
}
TEST(RuntimeSelect, TestNonblockSelectRace) {
  offset::run([] { one_of_two_is_always_ready(false); });
}
TEST(RuntimeSelect, TestNonblockSelectRace2) {
  offset::run([] { one_of_two_is_always_ready(true); });
}

// TestSelfSelect: a send and a receive on one channel in one select. On an unbuffered channel a
// select never serves itself.
TEST(RuntimeSelect, TestSelfSelect) {
  offset::run([] {
    for (int cap : {0, 10}) {
      offset::sync::wait_group group;
      auto c = make_chan<int>(cap);
      for (int p : {0, 1})
        group.go([=] {
          for (int i = 0; i < 1000; ++i) {
            int v = -1;
            const bool received = p == 0 || i % 2 == 0 ? select(c.if_send(p), c.if_recv(v)) == 1
                                                       : select(c.if_recv(v), c.if_send(p)) == 0;
            if (received && cap == 0) {
              EXPECT_NE(v, p) << "self receive";
            }
          }
        });
      group.wait();
    }
  });
}

// TestSelectStress: plain senders, plain receivers, one select that sends and one that receives,
// over four channels; a channel that has had its share is made nil.
TEST(RuntimeSelect, TestSelectStress) {
  offset::run([] {
    constexpr int n = 10000;
    const std::array<chan<int>, 4> c = {make_chan<int>(), make_chan<int>(), make_chan<int>(2),
                                        make_chan<int>(3)};
    offset::sync::wait_group group;
    for (const chan<int>& one : c) {
      group.go([one] {
        for (int i = 0; i < n; ++i) one.send(0);
      });
      group.go([one] {
        for (int i = 0; i < n; ++i) EXPECT_EQ(one.recv(), 0);
      });
    }
    group.go([left = c] {
      std::array<chan<int>, 4> c1 = left;
      std::array<int, 4> count{};
      constexpr std::size_t order[] = {3, 2, 0, 1};
      for (int i = 0; i < 4 * n; ++i) {
        const std::size_t k =
            order[select(c1[3].if_send(0), c1[2].if_send(0), c1[0].if_send(0), c1[1].if_send(0))];
        if (++count[k] == n) c1[k] = {};
      }
    });
    group.go([left = c] {
      std::array<chan<int>, 4> c1 = left;
      std::array<int, 4> count{};
      for (int i = 0; i < 4 * n; ++i) {
        const std::size_t k =
            select(c1[0].if_recv(), c1[1].if_recv(), c1[2].if_recv(), c1[3].if_recv());
        if (++count[k] == n) c1[k] = {};
      }
    });
    group.wait();
    for (const chan<int>& one : c) EXPECT_EQ(one.len(), 0U);
  });
}

// TestSelectFairness: of four cases two are always ready; they are chosen equally often, within
// what chance allows at a confidence of six nines.
TEST(RuntimeSelect, TestSelectFairness) {
  offset::run([] {
    constexpr int trials = 10000;
    auto c1 = make_chan<char>(trials + 1);
    auto c2 = make_chan<char>(trials + 1);
    for (int i = 0; i < trials + 1; ++i) {
      c1.send(1);
      c2.send(2);
    }
    auto c3 = make_chan<char>();
    auto c4 = make_chan<char>();
    auto out = make_chan<char>();
    auto done = make_chan<char>();
    offset::sync::wait_group group;
    group.go([=] {
      for (;;) {
        char b = 0;
        select(c3.if_recv(b), c4.if_recv(b), c1.if_recv(b), c2.if_recv(b));
        if (select(out.if_send(b), done.if_recv()) == 1) return;
      }
    });
    int counts[2] = {0, 0};
    for (int i = 0; i < trials; ++i) {
      const char b = out.recv().value();
      ASSERT_TRUE(b == 1 || b == 2);
      ++counts[b - 1];
    }
    const double off = std::abs(static_cast<double>(counts[0]) / trials - 0.5);
    EXPECT_LE(off, 4.891676 / (2 * std::sqrt(static_cast<double>(trials))))
        << "unfair select: " << counts[0] << ", " << counts[1];
    done.close();
    group.wait();
  });
}

// TestChanSendInterface: two sends in one select on one channel of anything, which is full.
TEST(RuntimeSelect, TestChanSendInterface) {
  offset::run([] {
    struct mt {};
    const std::any m = mt{};
    auto c = make_chan<std::any>(1);
    c.send(m);
    EXPECT_EQ(select(c.if_send(m), otherwise), 1U);
    EXPECT_EQ(select(c.if_send(m), c.if_send(std::any(mt{})), otherwise), 2U);
    EXPECT_TRUE(c.recv().value().type() == typeid(mt));
    EXPECT_LE(select(c.if_send(m), c.if_send(std::any(mt{})), otherwise), 1U);
  });
}

// TestPseudoRandomSend: two sends on one channel are chosen in turn often enough, whether the
// select waits (unbuffered) or not.
TEST(RuntimeSelect, TestPseudoRandomSend) {
  offset::run([] {
    constexpr std::size_t n = 100;
    for (std::size_t cap : {std::size_t{0}, n}) {
      auto c = make_chan<int>(cap);
      std::vector<int> got(n);
      offset::sync::mutex m;
      m.lock();
      offset::go([=, &got, &m] {
        for (int& v : got) {
          offset::yield();
          v = c.recv().value();
        }
        m.unlock();
      });
      for (std::size_t i = 0; i < n; ++i) select(c.if_send(1), c.if_send(0));
      const std::lock_guard wait(m);
      std::size_t ones = 0;
      for (int v : got) ones += v == 1;
      EXPECT_GT(ones, n / 10) << "capacity " << cap;
      EXPECT_GT(n - ones, n / 10) << "capacity " << cap;
    }
  });
}

// TestSelectDuplicateChannel: one channel twice in a select that then loses on it: both its waiters
// leave the queue, and the one behind them is found.
TEST(RuntimeSelect, TestSelectDuplicateChannel) {
  offset::run([] {
    auto c = make_chan<int>();
    auto d = make_chan<int>();
    auto e = make_chan<int>();
    auto b_done = make_chan<int>();
    offset::go([=] {
      EXPECT_EQ(select(c.if_recv(), c.if_recv(), d.if_recv()), 2U);
      e.send(9);
    });
    ASSERT_TRUE(test::await_receivers(c, 2));
    offset::go([=] { b_done.send(c.recv().value()); });
    ASSERT_TRUE(test::await_receivers(c, 3));
    d.send(7);
    EXPECT_EQ(e.recv(), 9);
    EXPECT_EQ(test::receivers_of(c), 1U);
    c.send(8);
    EXPECT_EQ(b_done.recv(), 8);
  });
}

// TestSelectStackAdjust: in Go, that the places a parked select receives into follow its stack when
// that moves. Stacks stay where they are here; what is left is that the case not chosen leaves its
// place alone while its select waits after deep calls.
[[gnu::noinline]] int use_stack(int depth) {
  volatile char room[1024] = {};
  room[static_cast<std::size_t>(depth)] = 1;
  return depth == 0 ? room[0] : use_stack(depth - 1) + room[static_cast<std::size_t>(depth)];
}
TEST(RuntimeSelect, TestSelectStackAdjust) {
  offset::run([] {
    auto c = make_chan<int*>();
    auto d = make_chan<int*>();
    const auto f = [=](const chan<void>& ready, bool dup) {
      EXPECT_EQ(use_stack(10), 11);
      ready.send();
      int val = 42;
      int* cx = &val;
      const chan<int*> c2 = dup ? c : chan<int*>();
      const chan<int*> d2 = dup ? d : chan<int*>();
      const std::size_t at = select(c.if_recv(cx), c2.if_recv(), d.if_recv(), d2.if_recv());
      EXPECT_GE(at, 2U);
      EXPECT_EQ(cx, &val);
      *cx = 43;
      EXPECT_EQ(val, 43);
      ready.send();
    };
    auto ready1 = make_chan<void>();
    auto ready2 = make_chan<void>();
    offset::go(f, ready1, false);
    offset::go(f, ready2, true);
    ready1.recv();
    ready2.recv();
    ASSERT_TRUE(test::await_receivers(d, 3));
    d.close();
    ready1.recv();
    ready2.recv();
  });
}

}  // namespace
