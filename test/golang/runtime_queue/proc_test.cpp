// src/runtime/proc_test.go: the tests of the scheduler's own run queue (their bodies are in Go's
// export_test.go). A Go queue has the next slot in it; here that is the P's, and other tests'
// matter.
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "offset/detail/spawn.hpp"
#include "sched/run_queue.h"
#include "sched/task.h"

using offset::detail::seed;
using offset::sched::run_queue;
using offset::sched::task;
using offset::sched::task_chain;

namespace {

std::uintptr_t word_of(seed& s) { return task(&s).word(); }

// TestSchedLocalQueue, with a seed of its own for each place, so that the order counts too.
TEST(RunQueue, SchedLocalQueue) {
  run_queue q;
  std::vector<seed> seeds(run_queue::capacity);
  for (std::size_t n = 0; n <= seeds.size(); ++n) {
    ASSERT_FALSE(q.pop());
    for (std::size_t i = 0; i < n; ++i) ASSERT_TRUE(q.push(&seeds[i]));
    ASSERT_EQ(q.room(), run_queue::capacity - n);
    if (n == seeds.size()) {
      ASSERT_FALSE(q.push(&seeds[0])) << "there is no room";
    }
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(q.pop().word(), word_of(seeds[i])) << n;
    ASSERT_TRUE(q.empty());
    ASSERT_FALSE(q.pop());
  }
}

// TestSchedLocalQueueSteal: half is stolen, and everything is in one queue or the other, once.
TEST(RunQueue, SchedLocalQueueSteal) {
  run_queue theirs;
  run_queue mine;
  std::vector<seed> seeds(run_queue::capacity);
  for (std::size_t n = 0; n <= seeds.size(); ++n) {
    std::vector<int> seen(seeds.size());
    const auto see = [&](task t) {
      ++seen.at(static_cast<std::size_t>(t.as_seed() - seeds.data()));
    };
    for (std::size_t i = 0; i < n; ++i) ASSERT_TRUE(theirs.push(&seeds[i]));

    std::size_t stolen = 0;
    if (const task first = mine.empty() ? theirs.steal_into(mine) : task()) {
      EXPECT_EQ(first.word(), word_of(seeds[0])) << "the oldest comes first";
      ++stolen;
      see(first);
    }
    for (task t = mine.pop(); t; t = mine.pop(), ++stolen) see(t);
    for (task t = theirs.pop(); t; t = theirs.pop()) see(t);
    EXPECT_EQ(stolen, n - n / 2) << "of " << n;
    for (std::size_t i = 0; i < seeds.size(); ++i) ASSERT_EQ(seen[i], i < n ? 1 : 0) << i;
  }
}

// TestSchedLocalQueueEmpty: never found empty while one is put and one is taken, in this order. If
// it were, a carrier would go to sleep beside work.
TEST(RunQueue, SchedLocalQueueEmpty) {
  constexpr int rounds = 10'000;
  run_queue q;
  std::array<seed, 2> seeds{};
  std::atomic<int> arrived{0};
  std::atomic<int> looked{0};
  std::atomic<int> empty{0};
  const auto meet = [&](int round) {
    arrived.fetch_add(1);
    for (int spin = 0; arrived.load() < 2 * (round + 1); ++spin)
      if (spin % 64 == 63) std::this_thread::yield();
  };
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      meet(i);
      if (q.empty()) empty.fetch_add(1);
      looked.store(i + 1);
    }
  });
  for (int i = 0; i < rounds; ++i) {
    q.push(&seeds[0]);
    meet(i);
    q.push(&seeds[1]);
    (void)q.pop();
    for (int spin = 0; looked.load() <= i; ++spin)
      if (spin % 64 == 63) std::this_thread::yield();
    (void)q.pop();
  }
  other.join();
  EXPECT_EQ(empty.load(), 0);
  EXPECT_TRUE(q.empty());
}

// The three together, which Go leaves to its scheduler's tests: an owner that puts, takes and, when
// the queue is full, gives half away; thieves that steal meanwhile. Everything comes out once.
TEST(RunQueue, OwnerAndThieves) {
  constexpr std::size_t count = 300'000;
  constexpr int thieves = 3;
  run_queue q;
  std::vector<seed> seeds(count);
  std::vector<std::atomic<int>> seen(count);
  std::atomic<bool> done{false};
  const auto see = [&](task t) {
    seen.at(static_cast<std::size_t>(t.as_seed() - seeds.data())).fetch_add(1);
  };
  std::vector<std::thread> all;
  for (int i = 0; i < thieves; ++i)
    all.emplace_back([&] {
      run_queue mine;
      for (bool last = false;;) {
        const task first = q.steal_into(mine);
        if (first) {
          see(first);
          for (task t = mine.pop(); t; t = mine.pop()) see(t);
        } else if (last) {
          return;
        } else {
          last = done.load();
          std::this_thread::yield();
        }
      }
    });
  for (std::size_t i = 0; i < count; ++i) {
    while (!q.push(&seeds[i])) {
      task_chain half;
      if (!q.pop_half(half)) continue;
      EXPECT_EQ(half.count, run_queue::capacity / 2);
      for (task t = half.pop(); t; t = half.pop()) see(t);
    }
    if (i % 3 == 0)
      if (const task t = q.pop()) see(t);
  }
  done.store(true);
  for (std::thread& t : all) t.join();
  for (task t = q.pop(); t; t = q.pop()) see(t);
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(seen[i].load(), 1) << i;
}

}  // namespace
