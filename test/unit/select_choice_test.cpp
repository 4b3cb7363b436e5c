// Which case a select chooses, and that it is one decision: fairness, races, threads.
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::op_status;
using offset::otherwise;
using offset::select;
using offset::select_case;

namespace {

// Seven standard deviations: a fair choice fails once in 10^11 runs.
void expect_fair(int hits, int trials, int of, const char* what) {
  const double p = 1.0 / of;
  const double mean = trials * p;
  EXPECT_NEAR(hits, mean, 7 * std::sqrt(mean * (1 - p))) << what;
}

TEST(SelectChoice, UniformAmongReady) {
  offset::run([] {
    auto a = make_chan<int>(1);
    auto b = make_chan<int>(1);
    auto c = make_chan<int>(1);
    auto full = make_chan<int>();
    c.close();
    constexpr int trials = 10'000;
    int hits[4] = {};
    a.send(1);
    for (int i = 0; i < trials; ++i) {
      const std::size_t at = select(full.if_recv(), a.if_recv(), b.if_send(1), c.if_recv());
      ASSERT_LT(at, 4U);
      ++hits[at];
      if (at == 1) a.send(1);
      if (at == 2) b.recv();
    }
    EXPECT_EQ(hits[0], 0);
    for (int i = 1; i < 4; ++i) expect_fair(hits[i], trials, 3, "of three");
  });
}

TEST(SelectChoice, DuplicatesCountAlike) {
  offset::run([] {
    auto a = make_chan<void>();
    auto b = make_chan<void>();
    a.close();
    b.close();
    constexpr int trials = 10'000;
    int hits[5] = {};
    for (int i = 0; i < trials; ++i)
      ++hits[select(a.if_recv(), a.if_recv(), b.if_recv(), a.if_recv(), a.if_recv())];
    for (const int h : hits) expect_fair(h, trials, 5, "of five");
  });
}

TEST(SelectChoice, UniformInAList) {
  offset::run([] {
    constexpr int n = 20;
    std::vector<select_case> list;
    for (int i = 0; i < n; ++i) {
      auto c = make_chan<void>();
      c.close();
      list.emplace_back(c.if_recv());
    }
    constexpr int trials = 10'000;
    std::vector<int> hits(n);
    for (int i = 0; i < trials; ++i) ++hits[select(list)];
    for (const int h : hits) expect_fair(h, trials, n, "of twenty");
  });
}

TEST(SelectChoice, WaitingDuplicatesAreQueuedInRandomOrder) {
  offset::run([] {
    auto c = make_chan<int>();
    constexpr int trials = 2'000;
    offset::go([=] {
      for (int i = 0; i < trials; ++i) {
        EXPECT_TRUE(test::await_receivers(c, 4));
        c.send(i);
      }
    });
    int hits[4] = {};
    for (int i = 0; i < trials; ++i)
      ++hits[select(c.if_recv(), c.if_recv(), c.if_recv(), c.if_recv())];
    for (const int h : hits) expect_fair(h, trials, 4, "of four that wait");
  });
}

TEST(SelectChoice, NeitherSideStarves) {
  // Go: TestSelectFairness. Both producers are always ready, but for the time that the system keeps
  // one's carrier from its CPU: the trials last longer than that.
  offset::run([] {
    auto a = make_chan<int>(2);
    auto b = make_chan<int>(2);
    auto done = make_chan<void>();
    for (auto c : {a, b})
      offset::go([=] {
        while (select(c.if_send(1), done.if_recv()) == 0) {
        }
      });
    constexpr int trials = 300'000;
    int hits[2] = {};
    for (int i = 0; i < trials; ++i) ++hits[select(a.if_recv(), b.if_recv())];
    done.close();
    EXPECT_GT(hits[0], trials / 20);
    EXPECT_GT(hits[1], trials / 20);
  });
}

TEST(SelectChoice, NonblockingSelectSeesOneInstant) {
  // Go: TestNonblockSelectRace. At every instant one of the two is ready: never the default.
  offset::run({.maxprocs = 4}, [] {
    auto done = make_chan<bool>(1);
    for (int i = 0; i < 3'000; ++i) {
      auto c1 = make_chan<int>(1);
      auto c2 = make_chan<int>(1);
      c1.send(1);
      offset::go([=] { done.send(select(c1.if_recv(), c2.if_recv(), otherwise) != 2); });
      c2.send(1);
      select(c1.if_recv(), otherwise);
      ASSERT_TRUE(*done.recv()) << "no channel was ready, in trial " << i;
    }
  });
}

TEST(SelectChoice, NonblockingSelectSeesTheClose) {
  // Go: TestNonblockSelectRace2.
  offset::run({.maxprocs = 4}, [] {
    auto done = make_chan<bool>(1);
    for (int i = 0; i < 3'000; ++i) {
      auto c1 = make_chan<int>(1);
      auto c2 = make_chan<int>();
      c1.send(1);
      offset::go([=] { done.send(select(c1.if_recv(), c2.if_recv(), otherwise) != 2); });
      c2.close();
      select(c1.if_recv(), otherwise);
      ASSERT_TRUE(*done.recv()) << "no channel was ready, in trial " << i;
    }
  });
}

TEST(SelectChoice, LosersLeaveNoWaiterBehind) {
  offset::run([] {
    auto a = make_chan<int>();
    auto b = make_chan<int>();
    auto x = make_chan<int>();
    offset::go([=] {
      EXPECT_TRUE(test::await_receivers(a, 1));
      a.send(1);
    });
    // Twice on one channel, between others, sending and receiving.
    EXPECT_EQ(select(b.if_recv(), x.if_send(1), a.if_recv(), b.if_recv(), x.if_send(2)), 2U);
    EXPECT_EQ(test::receivers_of(a), 0U);
    EXPECT_EQ(test::receivers_of(b), 0U);
    EXPECT_EQ(test::senders_of(x), 0U);
    EXPECT_EQ(b.try_send(1), op_status::would_block);
    b.close();
    int out = 0;
    EXPECT_EQ(x.try_recv(out), op_status::would_block);
  });
}

TEST(SelectChoice, WaitersAreTakenOutOfTheMiddle) {
  offset::run([] {
    auto line = make_chan<int>();
    auto quit = make_chan<void>();
    auto got = make_chan<std::pair<int, int>>(10);
    auto gone = make_chan<void>();
    for (int r = 0; r < 9; ++r) {
      offset::go([=] {
        int v = -1;
        if (r % 3 == 1) {
          EXPECT_EQ(select(line.if_recv(v), quit.if_recv()), 1U);
          gone.send();
        } else {
          got.send({r, *line.recv()});
        }
      });
      ASSERT_TRUE(test::await_receivers(line, static_cast<std::size_t>(r) + 1));
    }
    quit.close();
    for (int i = 0; i < 3; ++i) gone.recv();
    EXPECT_EQ(test::receivers_of(line), 6U);
    for (int v = 0; v < 6; ++v) line.send(v);
    const int order[] = {0, 2, 3, 5, 6, 8};
    for (int i = 0; i < 6; ++i) {
      const auto [who, what] = *got.recv();
      EXPECT_EQ(who, order[what]);
    }
  });
}

TEST(SelectChoice, ExactlyOneCaseOfAWaitingSelectCompletes) {
  // Many selects wait on both channels; senders on either must each find a select of their own.
  offset::run([] {
    auto a = make_chan<int>();
    auto b = make_chan<int>();
    constexpr int each = 1'500;
    std::atomic<long> sum{0};
    std::atomic<int> count{0};
    offset::sync::wait_group all;
    for (int g = 0; g < 4; ++g)
      all.go([&, a, b] {
        for (;;) {
          int x = 0;
          int y = 0;
          bool open = true;
          const std::size_t at = select(a.if_recv(x, open), b.if_recv(y, open));
          if (!open) return;
          EXPECT_EQ(at == 0 ? y : x, 0) << "two cases were performed";
          sum += x + y;
          ++count;
        }
      });
    offset::sync::wait_group senders;
    for (int g = 0; g < 4; ++g)
      senders.go([=] {
        for (int i = 1; i <= each; ++i) {
          switch ((i + g) % 3) {
            case 0: a.send(i); break;
            case 1: b.send(i); break;
            default: select(a.if_send(i), b.if_send(i)); break;
          }
        }
      });
    senders.wait();
    EXPECT_EQ(test::senders_of(a) + test::senders_of(b), 0U);
    a.close();
    b.close();
    all.wait();
    EXPECT_EQ(count.load(), 4 * each);
    EXPECT_EQ(sum.load(), 4L * each * (each + 1) / 2);
  });
}

TEST(SelectChoice, OppositeOrdersDoNotDeadlock) {
  offset::run([] {
    auto a = make_chan<int>();
    auto b = make_chan<int>();
    offset::sync::wait_group all;
    std::atomic<int> in{0};
    std::atomic<int> out{0};
    for (int g = 0; g < 4; ++g)
      all.go([&, a, b, g] {
        for (int i = 0; i < 1'000; ++i) {
          if (g % 2 == 0)
            in += static_cast<int>(select(a.if_send(1), b.if_send(1)) < 2);
          else
            out += static_cast<int>(select(b.if_recv(), a.if_recv()) < 2);
        }
      });
    all.wait();
    EXPECT_EQ(in.load(), out.load());
  });
}

TEST(SelectChoice, TimeoutsRaceWithSenders) {
  offset::run([] {
    auto a = make_chan<int>();
    auto b = make_chan<int>(1);
    std::atomic<int> received{0};
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    for (int g = 0; g < 3; ++g)
      all.go([&, a, b] {
        while (!stop)
          if (select(a.if_recv(), b.if_recv(), offset::timeout(20us)) < 2) ++received;
      });
    int sent = 0;
    for (int i = 0; i < 2'000; ++i)
      if (select(a.if_send(1), b.if_send(1), offset::timeout(std::chrono::microseconds(i % 40))) <
          2)
        ++sent;
    stop = true;
    all.wait();
    EXPECT_EQ(received.load() + static_cast<int>(b.len()), sent);
    EXPECT_EQ(test::receivers_of(a) + test::receivers_of(b), 0U);
  });
}

TEST(SelectChoice, MovesOnlyIntoTheChosen) {
  // A value given up by an rvalue case reaches exactly one of two receivers.
  test::ledger l;
  offset::run([&l] {
    auto a = make_chan<test::counted>();
    auto b = make_chan<test::counted>(1);
    constexpr int n = 1'000;
    std::atomic<int> received{0};
    offset::sync::wait_group all;
    for (auto c : {a, b})
      all.go([&received, c] {
        for (const auto& v : c) {
          EXPECT_FALSE(v.moved_from());
          ++received;
        }
      });
    for (int i = 0; i < n; ++i) {
      test::counted v(&l, i);
      select(a.if_send(std::move(v)), b.if_send(std::move(v)));
      EXPECT_TRUE(v.moved_from());
    }
    a.close();
    b.close();
    all.wait();
    EXPECT_EQ(received.load(), n);
  });
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

// --- plain threads

void select_from_threads() {
  auto a = make_chan<int>();
  auto b = make_chan<int>(2);
  auto quit = make_chan<void>();
  constexpr int n = 1'000;
  std::atomic<int> received{0};
  std::vector<std::thread> receivers;
  for (int t = 0; t < 2; ++t)
    receivers.emplace_back([&] {
      while (select(a.if_recv(), b.if_recv(), quit.if_recv()) != 2) ++received;
    });
  std::thread sender([&] {
    for (int i = 0; i < n; ++i) select(a.if_send(i), b.if_send(i));
  });
  sender.join();
  EXPECT_TRUE(test::await([&] { return received.load() == n; }));
  quit.close();
  for (auto& t : receivers) t.join();
  EXPECT_EQ(test::receivers_of(a) + test::receivers_of(b), 0U);
}

TEST(SelectThreads, WithoutARuntime) {
  select_from_threads();
  auto c = make_chan<int>();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(select(c.if_recv(), offset::timeout(3ms)), 1U);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 3ms);
  EXPECT_EQ(select(c.if_recv(), c.if_send(1), otherwise), 2U);
  EXPECT_EQ(select({c.if_recv(), offset::timeout(1ms)}), 1U);
  EXPECT_EQ(test::receivers_of(c) + test::senders_of(c), 0U);
}

TEST(SelectThreads, BesideARuntime) {
  auto to = make_chan<int>();
  auto from = make_chan<int>();
  std::thread echo([&] {
    for (;;) {
      std::optional<int> v;
      select(to.if_recv(v));
      if (!v) return;
      select(from.if_send(*v), offset::timeout(test::limit));
    }
  });
  offset::run([&] {
    for (int i = 0; i < 500; ++i) {
      int out = -1;
      select(to.if_send(i));
      EXPECT_EQ(select(from.if_recv(out), offset::timeout(test::limit)), 0U);
      EXPECT_EQ(out, i);
    }
  });
  to.close();
  echo.join();
}

}  // namespace
