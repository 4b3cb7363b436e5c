// sync::mutex and sync::rw_mutex.
#include <atomic>
#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <offset/testing/gtest.hpp>

#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::run;
using offset::sync::mutex;
using offset::sync::rw_mutex;
using offset::sync::wait_group;

namespace {

static_assert(!std::is_copy_constructible_v<mutex> && !std::is_move_constructible_v<mutex>);
static_assert(!std::is_copy_constructible_v<rw_mutex>);
constinit mutex in_static_memory;

TEST(Mutex, Excludes) {
  run([] {
    mutex m;
    long n = 0;
    wait_group all;
    for (int g = 0; g < 8; ++g)
      all.go([&] {
        for (int i = 0; i < 1'000; ++i) {
          const std::scoped_lock lock(m);
          const long seen = n;
          if (i % 50 == 0) offset::yield();  // held across a switch
          n = seen + 1;
        }
      });
    all.wait();
    EXPECT_EQ(n, 8'000);
  });
}

TEST(Mutex, TryLock) {
  run([] {
    mutex m;
    EXPECT_TRUE(m.try_lock());
    EXPECT_FALSE(m.try_lock());
    m.unlock();
    std::unique_lock lock(m, std::try_to_lock);
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_FALSE(m.try_lock());
    lock.unlock();
    mutex a;
    mutex b;
    {
      const std::scoped_lock both(a, b);
      EXPECT_FALSE(a.try_lock());
      EXPECT_FALSE(b.try_lock());
    }
    EXPECT_EQ(std::try_lock(a, b), -1);
    a.unlock();
    b.unlock();
    const std::lock_guard guard(in_static_memory);
  });
}

TEST(Mutex, UnlockedByAnother) {
  mutex m;
  run([&] {
    m.lock();
    offset::go([&] { m.unlock(); });
    m.lock();
    m.unlock();
  });
}

TEST(Mutex, AWaiterIsNotStarved) {
  // Go: TestMutexFairness. One locks again as soon as it has unlocked; the other gets its turns.
  run([] {
    mutex m;
    std::atomic<bool> stop{false};
    wait_group all;
    all.go([&] {
      while (!stop) {
        m.lock();
        const auto until = std::chrono::steady_clock::now() + 100us;
        while (std::chrono::steady_clock::now() < until) {
        }
        m.unlock();
      }
    });
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) {
      offset::time::sleep(100us);
      m.lock();
      m.unlock();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, test::limit / 2);
    stop = true;
    all.wait();
  });
}

TEST(Mutex, FreeForAllWithoutWaiters) {
  // After a time of starving it is an ordinary mutex again.
  run([] {
    mutex m;
    m.lock();
    wait_group all;
    std::atomic<int> got{0};
    for (int g = 0; g < 20; ++g)
      all.go([&] {
        const std::scoped_lock lock(m);
        ++got;
      });
    offset::time::sleep(3ms);
    m.unlock();
    all.wait();
    EXPECT_EQ(got.load(), 20);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(m.try_lock());
      m.unlock();
    }
  });
}

using MutexBubble = offset::testing::bubble_test;

TEST_F(MutexBubble, StarvingEndsWhenWaitsAreShortAgain) {
  // Four lock in a loop, and each holds the mutex until the others are queued: one gets it twice in
  // a row only where it is not handed over. First they hold it for long, and it starves; then for
  // no time.
  constexpr std::size_t turns = 100;
  const auto twice_in_a_row = [](const std::vector<int>& order, std::size_t from) {
    int n = 0;
    for (std::size_t i = from; i < from + turns; ++i) n += order[i] == order[i - 1] ? 1 : 0;
    return n;
  };
  explore(50, {.how = offset::testing::strategy::random_walk}, [&] {
    mutex m;
    std::vector<int> order;
    wait_group all;
    for (int g = 0; g < 4; ++g)
      all.go([&, g] {
        for (;;) {
          const std::scoped_lock lock(m);
          order.push_back(g);
          if (order.size() >= 3 * turns) return;
          if (order.size() < 2 * turns) offset::time::sleep(2ms);
          offset::testing::wait_idle();
        }
      });
    all.wait();
    EXPECT_EQ(twice_in_a_row(order, turns), 0);
    EXPECT_GT(twice_in_a_row(order, 2 * turns), 0);
  });
}

template <class Mutex>
void destroyed_by_the_last() {
  // A count of references in the thing that its mutex guards: the last to unlock deletes both.
  struct shared {
    Mutex m;
    int references = 3;
  };
  for (int i = 0; i < 500; ++i) {
    auto* const s = new shared;
    wait_group all;
    for (int g = 0; g < 3; ++g)
      all.go([s] {
        s->m.lock();
        if (s->references % 2 == 0) offset::yield();
        const bool last = --s->references == 0;
        s->m.unlock();
        if (last) delete s;
      });
    all.wait();
  }
}

TEST(Mutex, MayBeDestroyedByTheLastToUnlock) {
  run([] {
    destroyed_by_the_last<mutex>();
    destroyed_by_the_last<rw_mutex>();
  });
}

void hammer_from_threads() {
  mutex m;
  long n = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 3'000; ++i) {
        const std::scoped_lock lock(m);
        ++n;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(n, 9'000);
}

TEST(Mutex, PlainThreads) {
  hammer_from_threads();
  run([] { offset::blocking(hammer_from_threads); });
  mutex m;
  long n = 0;
  std::thread outside([&] {
    for (int i = 0; i < 2'000; ++i) {
      const std::scoped_lock lock(m);
      ++n;
    }
  });
  run([&] {
    wait_group all;
    for (int g = 0; g < 3; ++g)
      all.go([&] {
        for (int i = 0; i < 1'000; ++i) {
          const std::scoped_lock lock(m);
          ++n;
        }
      });
    all.wait();
  });
  outside.join();
  EXPECT_EQ(n, 5'000);
}

// --- rw_mutex

TEST(RwMutex, ReadersTogetherWritersAlone) {
  run([] {
    rw_mutex m;
    std::atomic<int> state{0};  // readers; a writer is 10'000
    wait_group all;
    for (int g = 0; g < 6; ++g)
      all.go([&, g] {
        for (int i = 0; i < 300; ++i) {
          if ((i + g) % 4 == 0) {
            const std::unique_lock lock(m);
            EXPECT_EQ(state.fetch_add(10'000), 0);
            if (i % 10 == 0) offset::yield();
            EXPECT_EQ(state.fetch_sub(10'000), 10'000);
          } else {
            const std::shared_lock lock(m);
            EXPECT_LT(state.fetch_add(1), 10'000);
            if (i % 10 == 0) offset::yield();
            state.fetch_sub(1);
          }
        }
      });
    all.wait();
    EXPECT_TRUE(m.try_lock());
  });
}

TEST(RwMutex, ReadersReallyAreTogether) {
  run([] {
    rw_mutex m;
    constexpr int n = 10;
    std::atomic<int> inside{0};
    wait_group all;
    for (int g = 0; g < n; ++g)
      all.go([&] {
        m.rlock();
        ++inside;
        EXPECT_TRUE(test::await([&] { return inside.load() == n; }));
        m.runlock();
      });
    all.wait();
  });
}

TEST(RwMutex, TryForms) {
  run([] {
    rw_mutex m;
    EXPECT_TRUE(m.try_rlock());
    EXPECT_TRUE(m.try_lock_shared());
    EXPECT_FALSE(m.try_lock());
    m.runlock();
    EXPECT_FALSE(m.try_lock());
    m.unlock_shared();
    EXPECT_TRUE(m.try_lock());
    EXPECT_FALSE(m.try_lock());
    EXPECT_FALSE(m.try_rlock());
    m.unlock();
    EXPECT_TRUE(m.try_rlock());
    m.runlock();
  });
}

TEST(RwMutex, WaitingWriterKeepsNewReadersOut) {
  run([] {
    rw_mutex m;
    std::atomic<int> order{0};
    std::atomic<int> writer_at{0};
    std::atomic<int> reader_at{0};
    wait_group all;
    m.rlock();
    all.go([&] {
      m.lock();
      writer_at = ++order;
      m.unlock();
    });
    ASSERT_TRUE(test::await([&] {  // until the writer waits
      if (!m.try_rlock()) return true;
      m.runlock();
      return false;
    }));
    EXPECT_FALSE(m.try_lock());
    all.go([&] {
      m.rlock();
      reader_at = ++order;
      m.runlock();
    });
    for (int i = 0; i < 100; ++i) offset::yield();
    EXPECT_EQ(order.load(), 0);
    m.runlock();
    all.wait();
    EXPECT_EQ(writer_at.load(), 1);
    EXPECT_EQ(reader_at.load(), 2);
  });
}

TEST(RwMutex, ReadersThatWaitedGoBeforeTheNextWriter) {
  run({.maxprocs = 1}, [] {
    rw_mutex m;
    std::vector<int> order;
    wait_group all;
    std::atomic<int> begun{0};
    m.lock();
    for (int g = 0; g < 4; ++g)
      all.go([&, g] {
        ++begun;
        if (g % 2 == 0) {
          m.lock();
          order.push_back(100);
          m.unlock();
        } else {
          m.rlock();
          order.push_back(1);
          m.runlock();
        }
      });
    EXPECT_TRUE(test::await([&] { return begun.load() == 4; }));
    for (int i = 0; i < 100; ++i) offset::yield();
    m.unlock();
    all.wait();
    EXPECT_EQ(order, (std::vector<int>{1, 1, 100, 100}));
  });
}

TEST(RwMutex, PlainThreads) {
  rw_mutex m;
  long n = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2'000; ++i) {
        if ((i + t) % 3 == 0) {
          const std::unique_lock lock(m);
          ++n;
        } else {
          const std::shared_lock lock(m);
          EXPECT_GE(n, 0);
        }
      }
    });
  run([&] {
    wait_group all;
    for (int g = 0; g < 2; ++g)
      all.go([&] {
        for (int i = 0; i < 500; ++i) {
          const std::unique_lock lock(m);
          ++n;
        }
      });
    all.wait();
  });
  for (auto& t : threads) t.join();
  long expected = 1'000;
  for (int t = 0; t < 4; ++t)
    for (int i = 0; i < 2'000; ++i) expected += (i + t) % 3 == 0 ? 1 : 0;
  EXPECT_EQ(n, expected);
}

}  // namespace
