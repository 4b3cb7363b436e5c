// Hammers for mutex, rw_mutex, cond, wait_group, semaphore and once, from goroutines, pinned
// goroutines and plain threads at once.
#include <csignal>
#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <ucontext.h>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

// Runs f(i) for each i, in goroutines, some pinned, and in plain threads when there are any.
template <class F>
void everybody(int goroutines, int pinned, int threads, F f) {
  offset::run([&] {
    offset::sync::wait_group all;
    int next = 0;
    for (int i = 0; i < goroutines; ++i) all.go([&f, n = next++] { f(n); });
    for (int i = 0; i < pinned; ++i) {
      all.add(1);
      offset::go({.pinned = true}, [&f, &all, n = next++] {
        f(n);
        all.done();
      });
    }
    std::vector<std::thread> plain;
    for (int i = 0; i < threads; ++i) {
      all.add(1);
      plain.emplace_back([&f, &all, n = next++] {
        f(n);
        all.done();
      });
    }
    all.wait();
    for (std::thread& t : plain) t.join();
  });
}

void mutex_hammer(int goroutines, int pinned, int threads) {
  offset::sync::mutex m;
  long plain_counter = 0;
  std::atomic<int> inside{0};
  std::atomic<long> tries{0};
  const long each = rounds(4'000);
  everybody(goroutines, pinned, threads, [&](int who) {
    dice d(static_cast<std::uint64_t>(who) + 1);
    for (long i = 0; i < each; ++i) {
      if (d.below(8) == 0) {
        if (!m.try_lock()) {
          tries.fetch_add(1);
          m.lock();
        }
      } else {
        m.lock();
      }
      if (inside.fetch_add(1) != 0) std::abort();
      ++plain_counter;
      if (d.below(64) == 0) offset::yield();  // the others pile up
      if (d.below(512) == 0) offset::time::sleep(20us);
      inside.fetch_sub(1);
      m.unlock();
      if (d.below(16) == 0) offset::yield();
    }
  });
  EXPECT_EQ(plain_counter, each * (goroutines + pinned + threads));
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TEST(sync, mutex) { mutex_hammer(12, 2, 0); }

using sync_and_threads = stress::watched;
TEST_F(sync_and_threads, mutex) { mutex_hammer(8, 1, 3); }

// Nobody waits for ever: every one gets in although others lock again at once.
TEST(sync, mutex_is_fair_enough) {
  offset::run([] {
    offset::sync::mutex m;
    std::atomic<bool> stop{false};
    offset::sync::wait_group hogs;
    for (int i = 0; i < 3; ++i)
      hogs.go([&] {
        while (!stop.load(std::memory_order_relaxed)) {
          m.lock();
          stress::burn(2'000);
          m.unlock();
          offset::yield();
        }
      });
    for (long i = 0; i < rounds(50); ++i) {
      m.lock();
      m.unlock();
      offset::yield();
    }
    stop.store(true);
    hogs.wait();
  });
}

// The last one to unlock destroys the mutex and what it guards, as with a reference count.
TEST(sync, mutex_destroyed_by_the_last_to_unlock) {
  struct shared {
    offset::sync::mutex m;
    int users = 6;
  };
  offset::run([] {
    for (long i = 0; i < rounds(4'000); ++i) {
      auto* const s = new shared;
      offset::sync::wait_group all;
      for (int k = 0; k < 6; ++k)
        all.go([s] {
          s->m.lock();
          const bool last = --s->users == 0;
          s->m.unlock();
          if (last) delete s;
        });
      all.wait();
    }
  });
}

// The same, with waiters that give up: an unlock that finds nobody to wake after all.
TEST(sync, mutex_destroyed_beside_waiters_that_give_up) {
  struct shared {
    offset::sync::mutex m;
    int users = 4;
  };
  offset::run([] {
    for (long i = 0; i < rounds(2'000); ++i) {
      auto* const s = new shared;
      offset::sync::wait_group all;
      const auto leave = [s](bool has_it) {
        if (!has_it) s->m.lock();
        const bool last = --s->users == 0;
        s->m.unlock();
        if (last) delete s;
      };
      auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
      s->m.lock();
      for (int k = 0; k < 2; ++k)
        all.go([s, leave, ctx = ctx] { leave(s->m.lock(ctx) == offset::op_status::ok); });
      all.go([leave] { leave(false); });
      all.go([cancel = cancel] { cancel(); });
      if (i % 2 == 0) offset::yield();
      leave(true);
      all.wait();
    }
  });
}

// A mutex that nobody has waited for is unlocked by a plain store, and the first waiter has to see
// to it that this does not overwrite what it writes: each mutex is fresh, and wanted by all at
// once.
void first_waiters(int goroutines, int pinned, int threads) {
  const int all = goroutines + pinned + threads;
  const long mutexes = rounds(2'000);
  struct guarded {
    offset::sync::mutex m;
    std::atomic<int> came{0};
    int took = 0;
  };
  std::vector<guarded> each(static_cast<std::size_t>(mutexes));
  everybody(goroutines, pinned, threads, [&](int who) {
    dice d(static_cast<std::uint64_t>(who) + 1);
    for (guarded& g : each) {
      g.came.fetch_add(1);
      while (g.came.load() < all) offset::yield();
      const std::lock_guard lock(g.m);
      ++g.took;
      stress::burn(static_cast<unsigned>(d.below(4'000)));
    }
  });
  for (guarded& g : each) {
    if (g.took != all) std::abort();
    EXPECT_TRUE(g.m.try_lock());
    g.m.unlock();
  }
}

TEST(sync, mutex_first_waiters) { first_waiters(2, 0, 0); }
TEST_F(sync_and_threads, mutex_first_waiters) { first_waiters(0, 0, 2); }
TEST_F(sync_and_threads, mutex_first_waiters_of_both_kinds) { first_waiters(1, 0, 1); }

// Waited for now and then only: the plain unlock comes back after some 65,000 others, beside
// waiters that come just then, and goes again.
TEST(sync, mutex_waited_for_now_and_then) {
  offset::run([] {
    offset::sync::mutex m;
    long counter = 0;
    const long each = rounds(100'000);
    offset::sync::wait_group all;
    for (std::uint64_t g = 1; g <= 3; ++g)
      all.go([&, d = dice(g)]() mutable {
        for (long i = 0; i < each; ++i) {
          const std::lock_guard lock(m);
          const long seen = counter;
          if (d.below(2'000) == 0) offset::yield();  // the others wait
          counter = seen + 1;
        }
      });
    all.wait();
    EXPECT_EQ(counter, 3 * each);
  });
}

// A fresh mutex, and an owner that loses its CPU after any instruction of its unlock, also between
// the look whether anybody waits and the store that unlocks: it single-steps, and stays away until
// the waiter has long queued. (Under ThreadSanitizer each step is many.)
#if defined(__x86_64__) && defined(__linux__)
struct stepping_owner {
  static inline std::atomic<int> steps;
  static inline std::atomic<int> stop_at;
  static inline std::atomic<bool> stopped;
  static constexpr greg_t trap_flag = 0x100;

  static void on_trap(int, siginfo_t*, void* context) {
    if (steps.fetch_add(1) + 1 < stop_at.load()) return;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~trap_flag;
    stopped.store(true);
    const auto end = std::chrono::steady_clock::now() + 400us;
    while (std::chrono::steady_clock::now() < end) {
    }
  }
  // Below the red zone of the caller.
  static void begin() {
    asm volatile(
        "leaq -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; leaq 128(%%rsp), %%rsp" ::
            : "memory", "cc");
  }
  static void end() {
    asm volatile(
        "leaq -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; leaq 128(%%rsp), %%rsp" ::
            : "memory", "cc");
  }
};

TEST_F(sync_and_threads, mutex_owner_that_stops_within_unlock) {
  if (stress::tsan) GTEST_SKIP();
  struct sigaction act {};
  struct sigaction before {};
  act.sa_sigaction = stepping_owner::on_trap;
  act.sa_flags = SA_SIGINFO;
  ASSERT_EQ(::sigaction(SIGTRAP, &act, &before), 0);
  int stops = 0;
  // Until it ends before it has come so far: every instruction was one to stop after.
  bool ended_before = false;
  for (int at = 1; !ended_before; ++at) {
    ASSERT_LT(at, 10'000);
    auto m = std::make_unique<offset::sync::mutex>();
    std::atomic<bool> done{false};
    stepping_owner::steps.store(0);
    stepping_owner::stop_at.store(at);
    stepping_owner::stopped.store(false);
    m->lock();
    std::thread waiter([&] {
      while (!stepping_owner::stopped.load() && !done.load()) {
      }
      m->lock();
      m->unlock();
    });
    stepping_owner::begin();
    m->unlock();
    stepping_owner::end();
    ended_before = !stepping_owner::stopped.load();
    done.store(true);
    waiter.join();
    if (!ended_before) ++stops;
  }
  EXPECT_GT(stops, 5);
  ASSERT_EQ(::sigaction(SIGTRAP, &before, nullptr), 0);
}
#endif

// A wait_group on the stack is gone as soon as wait has returned.
TEST(sync, wait_group_destroyed_after_wait) {
  offset::run([] {
    for (long i = 0; i < rounds(10'000); ++i) {
      auto group = std::make_unique<offset::sync::wait_group>();
      for (int k = 0; k < 3; ++k) group->go([] {});
      if (i % 3 == 0) offset::yield();
      group->wait();
    }
  });
}

TEST(sync, wait_group_used_again_by_many_waiters) {
  std::atomic<long> sum{0};
  offset::run([&] {
    offset::sync::wait_group group;
    for (long i = 0; i < rounds(1'500); ++i) {
      offset::sync::wait_group waiters;
      group.add(8);
      std::atomic<long> done{0};
      for (int k = 0; k < 8; ++k)
        offset::go([&] {
          done.fetch_add(1);
          group.done();
        });
      for (int k = 0; k < 4; ++k)
        waiters.go([&] {
          group.wait();
          if (done.load() != 8) std::abort();
          sum.fetch_add(1);
        });
      group.wait();
      waiters.wait();
    }
  });
  EXPECT_EQ(sum.load(), rounds(1'500) * 4);
}

template <class Body>
void rw_hammer(int goroutines, int threads, Body body) {
  everybody(goroutines, 1, threads, body);
}

TEST_F(sync_and_threads, rw_mutex) {
  offset::sync::rw_mutex m;
  std::atomic<int> readers{0};
  std::atomic<int> writers{0};
  std::atomic<int> most_readers{0};
  long value = 0;
  long writes = 0;
  rw_hammer(12, 3, [&](int who) {
    dice d(static_cast<std::uint64_t>(who) + 50);
    for (long i = 0; i < rounds(2'500); ++i) {
      switch (d.below(8)) {
        case 0: {
          const std::unique_lock hold(m);
          if (writers.fetch_add(1) != 0 || readers.load() != 0) std::abort();
          ++value;
          ++writes;
          if (d.below(32) == 0) offset::yield();
          writers.fetch_sub(1);
          break;
        }
        case 1:
          if (m.try_lock()) {
            if (writers.fetch_add(1) != 0 || readers.load() != 0) std::abort();
            ++value;
            ++writes;
            writers.fetch_sub(1);
            m.unlock();
          }
          break;
        case 2:
          if (m.try_rlock()) {
            readers.fetch_add(1);
            if (writers.load() != 0 || value != writes) std::abort();
            readers.fetch_sub(1);
            m.runlock();
          }
          break;
        default: {
          const std::shared_lock hold(m);
          const int now = readers.fetch_add(1) + 1;
          int most = most_readers.load();
          while (now > most && !most_readers.compare_exchange_weak(most, now)) {
          }
          if (writers.load() != 0 || value != writes) std::abort();
          if (d.below(32) == 0) offset::yield();
          readers.fetch_sub(1);
          break;
        }
      }
    }
  });
  EXPECT_EQ(value, writes);
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

// A bounded queue of two conditions, with signal and broadcast.
TEST_F(sync_and_threads, cond) {
  offset::sync::mutex m;
  offset::sync::cond not_full(m);
  offset::sync::cond not_empty(m);
  std::deque<long> queue;
  std::atomic<long> sum{0};
  const long each = rounds(3'000);
  constexpr int makers = 6;
  constexpr int takers = 6;
  everybody(makers + takers - 4, 1, 3, [&](int who) {
    dice d(static_cast<std::uint64_t>(who) + 1);
    for (long i = 0; i < each; ++i) {
      std::unique_lock hold(m);
      if (who % 2 == 0) {
        not_full.wait(hold, [&] { return queue.size() < 4; });
        queue.push_back(i);
        if (d.below(4) == 0) {
          not_empty.broadcast();
        } else {
          not_empty.signal();
        }
      } else {
        while (queue.empty()) not_empty.wait(hold);
        sum.fetch_add(queue.front());
        queue.pop_front();
        hold.unlock();
        not_full.signal();
      }
    }
  });
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(sum.load(), makers * (each * (each - 1) / 2));
}

TEST_F(sync_and_threads, semaphore) {
  constexpr std::int64_t units = 5;
  offset::sync::semaphore s(units);
  std::atomic<std::int64_t> out{0};
  std::atomic<std::int64_t> most{0};
  everybody(10, 1, 3, [&](int who) {
    dice d(static_cast<std::uint64_t>(who) + 9);
    for (long i = 0; i < rounds(3'000); ++i) {
      const auto n = static_cast<std::int64_t>(d.below(units) + 1);
      if (d.below(4) == 0) {
        if (!s.try_acquire(n)) continue;
      } else {
        s.acquire(n);
      }
      const std::int64_t now = out.fetch_add(n) + n;
      if (now > units) std::abort();
      std::int64_t seen = most.load();
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      if (d.below(32) == 0) offset::yield();
      out.fetch_sub(n);
      s.release(n);
    }
  });
  EXPECT_TRUE(s.try_acquire(units));
  s.release(units);
}

TEST_F(sync_and_threads, once) {
  for (long i = 0; i < rounds(60); ++i) {
    offset::sync::once once;
    int calls = 0;
    int values = 0;
    std::atomic<int> returned{0};
    auto value = offset::sync::once_value([&] { return std::make_shared<int>(++values + 41); });
    everybody(8, 0, 2, [&](int) {
      once.call([&] {
        offset::yield();
        ++calls;
      });
      if (calls != 1) std::abort();
      if (*value() != 42) std::abort();
      returned.fetch_add(1);
    });
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(values, 1);
    EXPECT_EQ(returned.load(), 10);
  }
}

}  // namespace
