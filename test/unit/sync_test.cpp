// sync::cond, wait_group, once, once_value, semaphore.
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::run;
using offset::sync::cond;
using offset::sync::mutex;
using offset::sync::once;
using offset::sync::once_value;
using offset::sync::semaphore;
using offset::sync::wait_group;

namespace {

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    return e.what();
  }
  return "(no panic)";
}

// --- cond

TEST(Cond, SignalWakesTheOldestAndOnlyIt) {
  run([] {
    mutex m;
    cond c(m);
    constexpr int n = 10;
    auto woken = make_chan<int>(n);
    std::atomic<int> waiting{0};
    for (int g = 0; g < n; ++g) {
      offset::go([&, woken, g] {
        std::unique_lock lock(m);
        ++waiting;
        c.wait(lock);
        EXPECT_TRUE(lock.owns_lock());
        lock.unlock();
        woken.send(g);
      });
      ASSERT_TRUE(test::await([&] { return waiting.load() == g + 1; }));
      const std::scoped_lock until_it_waits(m);
    }
    for (int g = 0; g < n; ++g) {
      {
        const std::scoped_lock lock(m);
        c.signal();
      }
      EXPECT_EQ(woken.recv(), g);
      EXPECT_EQ(woken.len(), 0U) << "one signal woke two";
    }
    c.signal();  // for nobody, and not kept
    c.broadcast();
    c.notify_one();
    c.notify_all();
  });
}

TEST(Cond, BroadcastWakesThoseThatWaitNow) {
  run([] {
    mutex m;
    cond c(m);
    constexpr int n = 20;
    std::atomic<int> waiting{0};
    std::atomic<int> woken{0};
    wait_group all;
    const auto wait_once = [&] {
      std::unique_lock lock(m);
      ++waiting;
      c.wait(lock);
      ++woken;
    };
    for (int g = 0; g < n; ++g) all.go(wait_once);
    ASSERT_TRUE(test::await([&] { return waiting.load() == n; }));
    {
      const std::scoped_lock lock(m);
      c.broadcast();
    }
    all.wait();
    EXPECT_EQ(woken.load(), n);
    // One that comes now is not fed by what is over.
    wait_group late;
    late.go(wait_once);
    ASSERT_TRUE(test::await([&] { return waiting.load() == n + 1; }));
    for (int i = 0; i < 50; ++i) offset::yield();
    EXPECT_EQ(woken.load(), n);
    {
      const std::scoped_lock lock(m);
      c.signal();
    }
    late.wait();
  });
}

TEST(Cond, LateWaiterDoesNotStealABroadcast) {
  // Go: TestCondBroadcast's rule in its sharpest form: whoever is woken waits again at once, and
  // takes nobody's wake-up by it.
  run([] {
    mutex m;
    cond c(m);
    constexpr int n = 10;
    std::atomic<int> waits{0};
    std::atomic<int> first{0};
    std::atomic<bool> stop{false};
    wait_group all;
    for (int g = 0; g < n; ++g)
      all.go([&] {
        std::unique_lock lock(m);
        ++waits;
        c.wait(lock);
        ++first;
        while (!stop) ++waits, c.wait(lock);
      });
    ASSERT_TRUE(test::await([&] { return waits.load() == n; }));
    {
      const std::scoped_lock lock(m);
      c.broadcast();
    }
    ASSERT_TRUE(test::await([&] { return first.load() == n && waits.load() == 2 * n; }));
    {
      const std::scoped_lock lock(m);
      stop = true;
      c.broadcast();
    }
    all.wait();
  });
}

TEST(Cond, Predicate) {
  run([] {
    mutex m;
    cond c(m);
    int stage = 0;
    wait_group all;
    all.go([&] {
      std::unique_lock lock(m);
      c.wait(lock, [&] { return stage == 1; });
      stage = 2;
      c.notify_all();
    });
    {
      const std::scoped_lock lock(m);
      stage = 1;
      c.notify_one();
    }
    std::unique_lock lock(m);
    c.wait(lock, [&] { return stage == 2; });
    c.wait(lock, [] { return true; });
    lock.unlock();
    all.wait();
    EXPECT_THROW(c.wait(lock), offset::panic_error) << "not locked";
    mutex other;
    std::unique_lock wrong(other);
    EXPECT_THROW(c.wait(wrong), offset::panic_error);
  });
}

TEST(Cond, QueueOfThreadsAndGoroutines) {
  mutex m;
  cond filled(m);
  std::vector<int> queue;
  constexpr int n = 500;
  int taken = 0;
  std::thread producer([&] {
    for (int i = 0; i < n; ++i) {
      const std::scoped_lock lock(m);
      queue.push_back(i);
      filled.signal();
    }
  });
  std::thread consumer([&] {
    for (;;) {
      std::unique_lock lock(m);
      filled.wait(lock, [&] { return !queue.empty() || taken == n; });
      if (queue.empty()) return;
      queue.pop_back();
      if (++taken == n) filled.broadcast();
    }
  });
  run([&] {
    wait_group all;
    for (int g = 0; g < 3; ++g)
      all.go([&] {
        for (;;) {
          std::unique_lock lock(m);
          filled.wait(lock, [&] { return !queue.empty() || taken == n; });
          if (queue.empty()) return;
          queue.pop_back();
          if (++taken == n) filled.broadcast();
        }
      });
    all.wait();
  });
  producer.join();
  consumer.join();
  EXPECT_EQ(taken, n);
}

// --- wait_group

TEST(WaitGroup, WaitsAndIsUsedAgain) {
  run([] {
    wait_group g;
    g.wait();  // zero: at once
    for (int lap = 0; lap < 200; ++lap) {
      int parts[4] = {};
      g.add(2);
      for (int i = 0; i < 2; ++i)
        offset::go([&, i] {
          parts[i] = lap + 1;
          g.done();
        });
      for (int i = 2; i < 4; ++i) g.go([&, i] { parts[i] = lap + 1; });
      g.wait();
      for (const int p : parts) ASSERT_EQ(p, lap + 1);
    }
  });
}

TEST(WaitGroup, ManyWaiters) {
  run([] {
    wait_group work;
    wait_group waiters;
    std::atomic<int> over{0};
    std::atomic<int> early{0};
    work.add(3);
    std::atomic<bool> done{false};
    for (int i = 0; i < 20; ++i)
      waiters.go([&] {
        work.wait();
        if (!done) ++early;
        ++over;
      });
    for (int i = 0; i < 50; ++i) offset::yield();
    work.add(-2);
    EXPECT_EQ(over.load(), 0);
    done = true;
    work.done();
    waiters.wait();
    EXPECT_EQ(over.load(), 20);
    EXPECT_EQ(early.load(), 0);
  });
}

TEST(WaitGroup, Negative) {
  EXPECT_EQ(panic_of([] { wait_group().done(); }), "sync: negative WaitGroup counter");
  EXPECT_EQ(panic_of([] {
              wait_group g;
              g.add(2);
              g.add(-3);
            }),
            "sync: negative WaitGroup counter");
}

TEST(WaitGroup, GoThatCannotStartCountsNothing) {
  wait_group g;
  EXPECT_THROW(g.go([] {}), std::logic_error);  // no runtime
  g.wait();
  test::ledger l;
  run([&] {
    const test::counted v(&l, 1);
    const auto f = [v] {};
    l.copies_left = 0;
    EXPECT_THROW(g.go(f), std::runtime_error);
    g.wait();
  });
  EXPECT_EQ(l.alive.load(), 0);
}

TEST(WaitGroup, GoLetsGoOfItsFunctionBeforeItCountsAsDone) {
  // What the function captured may refer to things that live as long as the wait.
  struct slow_to_die {
    std::atomic<bool>* dead;
    explicit slow_to_die(std::atomic<bool>* d) : dead(d) {}
    slow_to_die(slow_to_die&& o) noexcept : dead(std::exchange(o.dead, nullptr)) {}
    slow_to_die& operator=(slow_to_die&&) = delete;
    ~slow_to_die() {
      if (dead == nullptr) return;
      for (int i = 0; i < 100; ++i) offset::yield();
      *dead = true;
    }
  };
  static std::atomic<bool> dead;
  for (int i = 0; i < 20; ++i) {
    dead = false;
    run([] {
      wait_group g;
      g.go([s = slow_to_die(&dead)] {});
      g.wait();
      EXPECT_TRUE(dead.load());
    });
  }
}

TEST(WaitGroup, GoexitCountsAsDone) {
  run([] {
    wait_group g;
    g.go([] { offset::goexit(); });
    g.wait();
  });
}

TEST(WaitGroup, PlainThreads) {
  wait_group g;
  int value = 0;
  g.add(1);
  std::thread t([&] {
    value = 7;
    g.done();
  });
  g.wait();
  EXPECT_EQ(value, 7);
  t.join();
  run([&] {
    g.add(1);
    std::thread u([&] {
      value = 8;
      g.done();
    });
    g.wait();
    EXPECT_EQ(value, 8);
    offset::blocking([&] { u.join(); });
  });
}

// --- once

TEST(Once, RunsOnceAndOthersWait) {
  run([] {
    once o;
    std::atomic<int> calls{0};
    auto gate = make_chan<void>();
    auto begun = make_chan<void>();
    std::atomic<int> back{0};
    wait_group all;
    all.go([&] {
      o.call([&] {
        ++calls;
        begun.send();
        gate.recv();
        ++calls;
      });
      EXPECT_EQ(calls.load(), 2);
    });
    begun.recv();
    for (int g = 0; g < 10; ++g)
      all.go([&] {
        o.call([&] { calls += 100; });
        EXPECT_EQ(calls.load(), 2) << "returned before the first call had";
        ++back;
      });
    for (int i = 0; i < 50; ++i) offset::yield();
    EXPECT_EQ(back.load(), 0);
    gate.send();
    all.wait();
    EXPECT_EQ(calls.load(), 2);
  });
}

TEST(Once, AThrowingFunctionCountsAsDone) {
  run([] {
    once o;
    EXPECT_THROW(o.call([] { throw 1; }), int);
    o.call([] { ADD_FAILURE() << "again"; });
    once p;
    wait_group g;
    g.go([&] { p.call([] { offset::goexit(); }); });
    g.wait();
    p.call([] { ADD_FAILURE() << "again"; });
  });
}

TEST(Once, PlainThreads) {
  once o;
  std::atomic<int> calls{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { o.call([&] { ++calls; }); });
  for (auto& t : threads) t.join();
  EXPECT_EQ(calls.load(), 1);
}

TEST(OnceValue, SameValueEachTime) {
  run([] {
    std::atomic<int> calls{0};
    auto f = once_value([&] { return std::string(30, 'a') + std::to_string(++calls); });
    const auto copy = f;
    wait_group all;
    for (int g = 0; g < 10; ++g) all.go([&, copy] { EXPECT_TRUE(copy().ends_with("a1")); });
    all.wait();
    EXPECT_EQ(&f(), &copy()) << "the value itself";
    EXPECT_EQ(calls.load(), 1);
    auto nothing = once_value([&] { ++calls; });
    nothing();
    nothing();
    EXPECT_EQ(calls.load(), 2);
    auto unique = once_value([] { return std::make_unique<int>(4); });
    EXPECT_EQ(*unique(), 4);
    EXPECT_EQ(*unique(), 4);
  });
}

TEST(OnceValue, SameExceptionEachTime) {
  int calls = 0;
  auto f = once_value([&]() -> int {
    ++calls;
    throw std::runtime_error("each time");
  });
  for (int i = 0; i < 3; ++i) {
    try {
      f();
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "each time");
    }
  }
  EXPECT_EQ(calls, 1);
}

TEST(OnceValue, LetsGoOfItsFunction) {
  auto token = std::make_shared<int>(1);
  auto f = once_value([token] { return *token; });
  EXPECT_EQ(token.use_count(), 2);
  EXPECT_EQ(f(), 1);
  EXPECT_EQ(token.use_count(), 1);
}

// --- semaphore

TEST(Semaphore, Counts) {
  run([] {
    semaphore s(3);
    s.acquire();
    s.acquire(2);
    EXPECT_FALSE(s.try_acquire());
    EXPECT_TRUE(s.try_acquire(0));
    s.release();
    EXPECT_FALSE(s.try_acquire(2));
    EXPECT_TRUE(s.try_acquire());
    s.release(3);
    EXPECT_TRUE(s.try_acquire(3));
    s.release(3);
    EXPECT_EQ(panic_of([&] { s.release(); }), "semaphore: released more than held");
    EXPECT_THROW(semaphore(-1), std::invalid_argument);
    EXPECT_FALSE(s.try_acquire(4));
    std::atomic<int> inside{0};
    wait_group all;
    for (int g = 0; g < 20; ++g)
      all.go([&] {
        for (int i = 0; i < 50; ++i) {
          s.acquire();
          EXPECT_LE(++inside, 3);
          offset::yield();
          --inside;
          s.release();
        }
      });
    all.wait();
    EXPECT_TRUE(s.try_acquire(3));
  });
}

TEST(Semaphore, BigRequestIsNotOvertaken) {
  semaphore s(4);
  run([&] {
    auto order = make_chan<int>(4);
    s.acquire(2);
    offset::go([&, order] {
      s.acquire(4);
      order.send(4);
      s.release(4);
    });
    ASSERT_TRUE(test::await([&] { return !s.try_acquire(0); }));  // until it waits
    EXPECT_FALSE(s.try_acquire(1)) << "overtook the one that waits";
    offset::go([&, order] {
      s.acquire(1);
      order.send(1);
      s.release(1);
    });
    for (int i = 0; i < 100; ++i) offset::yield();
    EXPECT_EQ(order.len(), 0U);
    s.release(2);
    EXPECT_EQ(order.recv(), 4);
    EXPECT_EQ(order.recv(), 1);
    EXPECT_TRUE(test::await([&] { return s.try_acquire(4); }));
  });
}

TEST(Semaphore, ImpossibleRequestHoldsNobodyUp) {
  semaphore s(2);
  run([&] {
    offset::go([&] { s.acquire(3); });
    for (int i = 0; i < 100; ++i) offset::yield();
    s.acquire(2);
    s.release(2);
    EXPECT_TRUE(s.try_acquire(2));
  });
}

TEST(Semaphore, PlainThreads) {
  semaphore s(2);
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        s.acquire();
        EXPECT_LE(++inside, 2);
        --inside;
        s.release();
      }
    });
  run([&] {
    wait_group all;
    for (int g = 0; g < 4; ++g)
      all.go([&] {
        for (int i = 0; i < 100; ++i) {
          s.acquire(2);
          EXPECT_EQ(inside.load(), 0);
          s.release(2);
        }
      });
    all.wait();
  });
  for (auto& t : threads) t.join();
  EXPECT_TRUE(s.try_acquire(2));
}

}  // namespace
