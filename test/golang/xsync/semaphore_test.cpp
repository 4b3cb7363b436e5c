// What golang.org/x/sync/semaphore's tests prove, of sync::semaphore.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using namespace std::chrono_literals;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::run;
using offset::sync::semaphore;

namespace {

/// GOMAXPROCS in Go's tests.
constexpr std::int64_t procs = 4;

// semaphore_test.go: TestWeighted
TEST(Semaphore, Weighted) {
  run([] {
    semaphore sem(procs);
    std::atomic<std::int64_t> held{0};
    offset::sync::wait_group all;
    for (std::int64_t weight = 0; weight < procs; ++weight)
      all.go([&, weight] {
        for (int i = 0; i < 2'000; ++i) {
          ASSERT_EQ(sem.acquire(context::background(), weight), op_status::ok);
          EXPECT_LE(held += weight, procs);
          if (i % 16 == 0) offset::time::sleep(std::chrono::nanoseconds(i % 100));
          held -= weight;
          sem.release(weight);
        }
      });
    all.wait();
    EXPECT_TRUE(sem.try_acquire(procs)) << "all of it came back";
  });
}

// semaphore_test.go: TestWeightedPanic
TEST(Semaphore, WeightedPanic) {
  semaphore sem(1);
  try {
    sem.release();
    ADD_FAILURE() << "no panic";
  } catch (const offset::panic_error& e) {
    EXPECT_STREQ(e.what(), "semaphore: released more than held");
  }
}

// semaphore_test.go: TestWeightedTryAcquire
TEST(Semaphore, WeightedTryAcquire) {
  run([] {
    semaphore sem(2);
    std::vector<bool> tries;
    EXPECT_EQ(sem.acquire(context::background(), 1), op_status::ok);
    tries.push_back(sem.try_acquire(1));
    tries.push_back(sem.try_acquire(1));
    sem.release(2);
    tries.push_back(sem.try_acquire(1));
    EXPECT_EQ(sem.acquire(context::background(), 1), op_status::ok);
    tries.push_back(sem.try_acquire(1));
    EXPECT_EQ(tries, (std::vector<bool>{true, false, true, false}));
  });
}

// semaphore_test.go: TestWeightedAcquire: the same where each try is given 10 ms. (What can be had
// at once is tried without a limit, lest a busy machine take 10 ms to begin.)
TEST(Semaphore, WeightedAcquire) {
  run([] {
    semaphore sem(2);
    const auto in_time = [&](std::int64_t n) {
      const auto soon = context::with_timeout(context::background(), 10ms);
      const op_status s = sem.acquire(soon.ctx, n);
      if (s != op_status::ok) {
        EXPECT_EQ(s, op_status::canceled);
        EXPECT_EQ(soon.ctx.err(), offset::context_errc::deadline_exceeded);
      }
      soon.cancel();
      return s == op_status::ok;
    };
    const auto at_once = [&](std::int64_t n) {
      const auto [ctx, cancel] = context::with_cancel(context::background());
      return sem.acquire(ctx, n) == op_status::ok;
    };
    EXPECT_EQ(sem.acquire(context::background(), 1), op_status::ok);
    EXPECT_TRUE(at_once(1));
    EXPECT_FALSE(in_time(1));
    sem.release(2);
    EXPECT_TRUE(at_once(1));
    EXPECT_EQ(sem.acquire(context::background(), 1), op_status::ok);
    EXPECT_FALSE(in_time(1));
  });
}

// semaphore_test.go: TestWeightedDoesntBlockIfTooBig: who asks for more than there is waits for
// ever, and nobody waits for it.
TEST(Semaphore, WeightedDoesntBlockIfTooBig) {
  run([] {
    constexpr std::int64_t n = 2;
    semaphore sem(n);
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto ended = make_chan<op_status>(1);
    auto trying = make_chan<void>();
    offset::go([&sem, trying, ended, ctx = ctx] {
      trying.send();
      ended.send(sem.acquire(ctx, n + 1));
    });
    trying.recv();
    offset::group g;
    for (int i = 0; i < n * 3; ++i)
      g.go([&](const context& c) {
        if (sem.acquire(c, 1) != op_status::ok) return c.err();
        offset::time::sleep(1ms);
        sem.release(1);
        return std::error_code();
      });
    g.wait();
    EXPECT_EQ(ended.len(), 0U);
    cancel();
    EXPECT_EQ(ended.recv(), op_status::canceled);
  });
}

// semaphore_test.go: TestLargeAcquireDoesntStarve: a large request gets its turn though small ones
// never cease.
TEST(Semaphore, LargeAcquireDoesntStarve) {
  run([] {
    semaphore sem(procs);
    std::atomic<bool> running{true};
    offset::sync::wait_group all;
    for (std::int64_t i = 0; i < procs; ++i) {
      sem.acquire(1);
      all.go([&] {
        while (running) {
          offset::time::sleep(1ms);
          sem.release(1);
          sem.acquire(1);
        }
        sem.release(1);
      });
    }
    sem.acquire(procs);
    running = false;
    sem.release(procs);
    all.wait();
  });
}

// semaphore_test.go: TestAllocCancelDoesntStarve: when the first in the queue gives up, those
// behind it are looked at.
TEST(Semaphore, AllocCancelDoesntStarve) {
  run([] {
    for (int round = 0; round < 50; ++round) {
      semaphore sem(10);
      sem.acquire(1);  // so that the large request waits
      auto [ctx, cancel] = context::with_cancel(context::background());
      auto large = make_chan<op_status>(1);
      offset::go([&sem, large, ctx = ctx] { large.send(sem.acquire(ctx, 10)); });
      while (sem.try_acquire(1)) {
        sem.release(1);
        offset::yield();
      }
      offset::go([cancel = cancel] { cancel(); });
      EXPECT_EQ(sem.acquire(context::background(), 1), op_status::ok);
      sem.release(1);
      EXPECT_EQ(large.recv(), op_status::canceled);
    }
  });
}

// semaphore_test.go: TestWeightedAcquireCanceled (go.dev/issue/63615): a context that is done
// before there is enough never acquires, and keeps nothing.
TEST(Semaphore, WeightedAcquireCanceled) {
  run([] {
    for (int round = 0; round < 50; ++round) {
      semaphore sem(2);
      auto [ctx, cancel] = context::with_cancel(context::background());
      sem.acquire(1);
      auto released = make_chan<void>();
      offset::go([&sem, released, cancel = cancel] {
        while (sem.try_acquire(1)) {
          sem.release(1);
          offset::yield();
        }
        cancel();
        sem.release(1);
        released.close();
      });
      EXPECT_EQ(sem.acquire(ctx, 2), op_status::canceled);
      released.recv();
      EXPECT_TRUE(sem.try_acquire(2));
      sem.release(2);
      EXPECT_EQ(sem.acquire(ctx, 1), op_status::canceled) << "done, though it is free";
      EXPECT_TRUE(sem.try_acquire(2));
    }
  });
}

// semaphore_example_test.go: Example_workerPool: no more workers than units; the answers in slots.
TEST(Semaphore, ExampleWorkerPool) {
  const auto collatz_steps = [](int n) {
    int steps = 0;
    for (; n > 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    return steps;
  };
  run([&] {
    semaphore sem(procs);
    std::vector<int> out(32);
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_EQ(sem.acquire(context::background()), op_status::ok);
      offset::go([&, i] {
        out[i] = collatz_steps(static_cast<int>(i) + 1);
        sem.release();
      });
    }
    // All of it is free once all workers have ended.
    ASSERT_EQ(sem.acquire(context::background(), procs), op_status::ok);
    std::ostringstream text;
    for (std::size_t i = 0; i < out.size(); ++i) text << (i == 0 ? "[" : " ") << out[i];
    text << "]";
    EXPECT_EQ(text.str(),
              "[0 1 7 2 5 8 16 3 19 6 14 9 9 17 17 4 12 20 20 7 7 15 15 10 23 10 111 18 18 18 106 "
              "5]");
  });
}

}  // namespace
