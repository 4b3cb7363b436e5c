// Contexts: deriving, cancelling, waiting and dropping from goroutines and plain threads at once;
// deadlines against cancels; after_func against its stop. Nothing is lost, nothing is left.
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "../support/wait.h"
#include "stress.h"

using namespace std::chrono_literals;

namespace {

using offset::context;
using offset::context_errc;
using offset::op_status;
using stress::counted;
using stress::dice;
using stress::rounds;

std::vector<std::thread> threads(int n, const std::function<void(int)>& f) {
  std::vector<std::thread> all;
  for (int i = 0; i < n; ++i) all.emplace_back(f, i);
  return all;
}

long resident_kb() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

// --- a tree that everybody changes

// Contexts and their cancels, handed around: whoever comes takes one, derives from it, cancels it,
// waits with it, or drops it.
class pool {
 public:
  explicit pool(std::size_t n) : slots_(n) {}

  context take_copy(dice& d) {
    const std::lock_guard hold(mutex_);
    const auto& slot = slots_[d.below(slots_.size())];
    return slot.ctx ? slot.ctx : context::background();
  }
  void put(dice& d, offset::context_with_cancel made) {
    std::unique_lock hold(mutex_);
    std::swap(slots_[d.below(slots_.size())], made);
    hold.unlock();  // what was there is dropped outside
  }
  offset::cancel_func take_cancel(dice& d) {
    const std::lock_guard hold(mutex_);
    return slots_[d.below(slots_.size())].cancel;
  }

 private:
  std::mutex mutex_;
  std::vector<offset::context_with_cancel> slots_;
};

const offset::context_key<counted> counted_key("counted");

using contexts = stress::watched;

TEST_F(contexts, derive_cancel_wait_and_drop) {
  std::atomic<long> alive{0};
  std::atomic<long> wrong{0};
  {
    const offset::runtime world;
    std::optional<pool> all(24);
    const auto turn = [&](dice& d) {
      const context parent = all->take_copy(d);
      switch (d.below(10)) {
        case 0: all->put(d, context::with_cancel(parent)); break;
        case 1:
          all->put(d, context::with_timeout(parent, std::chrono::microseconds(d.below(300))));
          break;
        case 2: {
          auto made =
              context::with_cancel(context::with_value(parent, counted_key, counted(alive)));
          if (made.ctx.value(counted_key) == nullptr) wrong.fetch_add(1);
          all->put(d, std::move(made));
          break;
        }
        case 3: {
          std::stop_source source;
          auto made = context::with_stop_token(parent, source.get_token());
          all->put(d, made);
          if (d.below(2) == 0) {
            source.request_stop();
            if (!made.ctx.err()) wrong.fetch_add(1);
          }
          break;
        }
        case 4: {
          all->take_cancel(d)();
          break;
        }
        case 5: {
          auto [ctx, cancel] = context::with_cancel(parent);
          auto [below, drop] = context::with_cancel(ctx);
          cancel();
          // Synchronous, whoever else cancels above.
          if (!below.err() || below.done().try_recv() != op_status::closed) wrong.fetch_add(1);
          break;
        }
        case 6: {
          auto [ctx, cancel] = context::with_timeout(parent, 100us);
          if (offset::time::sleep(ctx, 1h) != op_status::canceled || !ctx.err()) wrong.fetch_add(1);
          break;
        }
        case 7: {
          std::atomic<int> called{0};
          auto [ctx, cancel] = context::with_cancel(parent);
          {
            const std::stop_callback callback(ctx.stop_token(), [&] { called.fetch_add(1); });
            if (d.below(2) == 0) cancel();
          }
          if (called.load() > 1) wrong.fetch_add(1);
          break;
        }
        case 8: {
          // Only the channel is left.
          const auto done = context::with_timeout(parent, 50us).ctx.done();
          done.recv();
          break;
        }
        default: {
          auto c = offset::make_chan<int>();
          auto [ctx, cancel] = context::with_timeout(parent, 50us);
          int v = 0;
          if (c.recv(ctx, v) != op_status::canceled) wrong.fetch_add(1);
          break;
        }
      }
    };
    offset::sync::wait_group group;
    for (int k = 0; k < 16; ++k)
      group.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < rounds(1'500); ++i) turn(d);
      });
    auto others = threads(2, [&](int k) {
      dice d(static_cast<std::uint64_t>(k + 100));
      for (long i = 0; i < rounds(1'500); ++i) turn(d);
    });
    for (auto& t : others) t.join();
    group.wait();
    all.reset();
    // Where a deadline has just come, the last to let go is a goroutine of the library's.
    EXPECT_TRUE(test::await([&] { return alive == 0; })) << "what was dropped is still there";
  }
  EXPECT_EQ(wrong.load(), 0);
}

// --- deadlines against cancels

TEST_F(contexts, a_deadline_and_a_cancel_at_once) {
  std::atomic<long> by_time{0};
  std::atomic<long> by_cancel{0};
  std::atomic<long> wrong{0};
  const offset::runtime world;
  const auto turn = [&](dice& d) {
    const auto slow = std::make_exception_ptr(1);
    const auto told = std::make_exception_ptr(2);
    auto [ctx, cancel] =
        context::with_timeout(context::background(), std::chrono::microseconds(d.below(60)), slow);
    auto [child, cancel_child] = context::with_cancel_cause(ctx);
    if (d.below(2) == 0) stress::burn(static_cast<unsigned>(d.below(30'000)));
    if (d.below(3) != 0) cancel_child(told);
    cancel();
    const std::error_code why = ctx.err();
    if (!why || ctx.done().try_recv() != op_status::closed || !child.err()) wrong.fetch_add(1);
    if ((why == context_errc::deadline_exceeded) != (ctx.cause() == slow)) wrong.fetch_add(1);
    if (child.cause() != told && child.err() != why) wrong.fetch_add(1);
    (why == context_errc::deadline_exceeded ? by_time : by_cancel).fetch_add(1);
    if (ctx.err() != why) wrong.fetch_add(1);
  };
  offset::sync::wait_group group;
  for (int k = 0; k < 8; ++k)
    group.go([&, k] {
      dice d(static_cast<std::uint64_t>(k + 1));
      for (long i = 0; i < rounds(3'000); ++i) turn(d);
    });
  auto others = threads(2, [&](int k) {
    dice d(static_cast<std::uint64_t>(k + 100));
    for (long i = 0; i < rounds(3'000); ++i) turn(d);
  });
  for (auto& t : others) t.join();
  group.wait();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(by_time.load(), 0);
  EXPECT_GT(by_cancel.load(), 0);
}

// --- after_func against its stop

TEST_F(contexts, every_after_func_runs_or_was_stopped) {
  std::atomic<long> registered{0};
  std::atomic<long> stopped{0};
  std::atomic<long> ran{0};
  std::atomic<long> alive{0};
  std::atomic<long> twice{0};
  {
    offset::runtime world;
    const auto turn = [&](dice& d) {
      auto [ctx, cancel] = context::with_cancel(context::background());
      std::vector<offset::context_stop> stops;
      for (int k = 0; k < 4; ++k) {
        registered.fetch_add(1);
        stops.push_back(context::after_func(ctx, [&, c = counted(alive)] { ran.fetch_add(1); }));
      }
      auto done = offset::make_chan<void>();
      offset::go([=, cancel = cancel] {
        cancel();
        done.close();
      });
      if (d.below(2) == 0) offset::yield();
      stress::burn(static_cast<unsigned>(d.below(2'000)));
      for (const auto& stop : stops) {
        const bool was = stop();
        if (was) stopped.fetch_add(1);
        if (stop()) twice.fetch_add(1);
      }
      done.recv();
    };
    offset::sync::wait_group group;
    for (int k = 0; k < 8; ++k)
      group.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < rounds(1'000); ++i) turn(d);
      });
    auto others = threads(2, [&](int k) {
      dice d(static_cast<std::uint64_t>(k + 100));
      for (long i = 0; i < rounds(1'000); ++i) turn(d);
    });
    for (auto& t : others) t.join();
    group.wait();
    EXPECT_TRUE(world.shutdown(60s));
  }
  EXPECT_EQ(ran.load() + stopped.load(), registered.load());
  EXPECT_EQ(twice.load(), 0);
  EXPECT_EQ(alive.load(), 0);
}

// --- tokens of a context that is being cancelled

TEST_F(contexts, tokens_of_a_done_context_are_stopped) {
  std::atomic<long> wrong{0};
  for (long i = 0; i < rounds(500); ++i) {
    auto [ctx, cancel] = context::with_cancel(context::background());
    cancel();
    std::atomic<int> ready{0};
    auto all = threads(2, [&, ctx = ctx](int) {
      ready.fetch_add(1);
      for (int spin = 0; ready.load() < 2; ++spin)
        if (spin > 1'000) std::this_thread::yield();
      if (!ctx.stop_token().stop_requested()) wrong.fetch_add(1);
    });
    for (auto& t : all) t.join();
  }
  EXPECT_EQ(wrong.load(), 0);
}

// --- waits of every kind, a cancel and a grant at once, from threads as well

TEST_F(contexts, a_wait_group_used_again_after_a_canceled_wait) {
  const offset::runtime world;
  offset::sync::wait_group group;
  std::atomic<long> panics{0};
  std::atomic<long> turn{0};
  std::atomic<long> seen{0};
  std::atomic<bool> over{false};
  offset::cancel_func cancel;
  // One thread's done against another's cancel; the waiter goes on at once.
  const auto follow = [&](auto act) {
    for (long last = 0;;) {
      int spin = 0;
      while (turn.load() == last && !over.load())
        if (++spin > 500) std::this_thread::yield();
      if (over.load()) return;
      last = turn.load();
      act();
      seen.fetch_add(1);
    }
  };
  std::thread doer([&] {
    follow([&] {
      try {
        group.done();
      } catch (const offset::panic_error&) {
        panics.fetch_add(1);
      }
    });
  });
  std::thread canceler([&] { follow([&] { cancel(); }); });
  for (long i = 0; i < rounds(20'000); ++i) {
    auto made = context::with_cancel(context::background());
    cancel = made.cancel;
    group.add(1);
    turn.fetch_add(1);
    static_cast<void>(group.wait(made.ctx));
    // A round of its own, though the done above may still be under way.
    if (i % 2 == 0) {
      group.wait();  // zero for certain
      group.add(1);
      group.done();
    }
    for (int spin = 0; seen.load() < 2 * (i + 1); ++spin)
      if (spin > 500) std::this_thread::yield();
  }
  over = true;
  doer.join();
  canceler.join();
  EXPECT_EQ(panics.load(), 0);
}

TEST_F(contexts, nothing_is_lost_between_a_grant_and_a_cancel) {
  std::atomic<long> inside{0};
  std::atomic<long> wrong{0};
  const offset::runtime world;
  offset::sync::mutex m;
  offset::sync::rw_mutex rw;
  offset::sync::semaphore s(3);
  const auto turn = [&](dice& d) {
    auto [ctx, cancel] =
        context::with_timeout(context::background(), std::chrono::microseconds(d.below(40)));
    const long amount = 1 + static_cast<long>(d.below(3));
    switch (d.below(4)) {
      case 0:
        if (m.lock(ctx) == op_status::ok) {
          if (inside.fetch_add(1) != 0) wrong.fetch_add(1);
          if (d.below(8) == 0) offset::yield();
          inside.fetch_sub(1);
          m.unlock();
        }
        break;
      case 1:
        if (rw.lock(ctx) == op_status::ok) {
          if (d.below(8) == 0) offset::yield();
          rw.unlock();
        }
        break;
      case 2:
        if (rw.rlock(ctx) == op_status::ok) {
          if (d.below(8) == 0) offset::yield();
          rw.runlock();
        }
        break;
      default:
        if (s.acquire(ctx, amount) == op_status::ok) {
          if (d.below(8) == 0) offset::yield();
          s.release(amount);
        }
        break;
    }
  };
  offset::sync::wait_group group;
  for (int k = 0; k < 16; ++k)
    group.go([&, k] {
      dice d(static_cast<std::uint64_t>(k + 1));
      for (long i = 0; i < rounds(3'000); ++i) turn(d);
    });
  auto others = threads(2, [&](int k) {
    dice d(static_cast<std::uint64_t>(k + 100));
    for (long i = 0; i < rounds(3'000); ++i) turn(d);
  });
  for (auto& t : others) t.join();
  group.wait();
  EXPECT_EQ(wrong.load(), 0);
  // Everything is free, and nobody waits.
  EXPECT_TRUE(m.try_lock());
  EXPECT_TRUE(rw.try_lock());
  EXPECT_TRUE(s.try_acquire(3));
}

// --- what is left: nothing

template <class F>
void expect_flat(F one) {
  offset::run([&] {
    const long warm = rounds(50'000);
    for (long i = 0; i < warm; ++i) one(i);
    const long before = resident_kb();
    for (long i = 0; i < 10 * warm; ++i) one(i);
    const long grown = resident_kb() - before;
    // A canceler is some 400 bytes: even a tenth of them left would be far more.
    if (!stress::tsan && !stress::asan) {
      EXPECT_LT(grown, 4'000) << "KB, over " << 10 * warm;
    }
  });
}

TEST(contexts_memory, timeouts_that_are_cancelled_leave_nothing) {
  auto [parent, cancel_parent] = context::with_cancel(context::background());
  expect_flat([&, parent = parent](long) {
    auto [ctx, cancel] = context::with_timeout(parent, 1h);
    cancel();
  });
}

TEST(contexts_memory, timeouts_that_are_dropped_leave_nothing) {
  auto [parent, cancel_parent] = context::with_cancel(context::background());
  expect_flat([&, parent = parent](long) { context::with_timeout(parent, 1h); });
}

TEST(contexts_memory, waits_and_after_funcs_leave_nothing) {
  auto [parent, cancel_parent] = context::with_cancel(context::background());
  offset::sync::mutex free;
  auto c = offset::make_chan<int>(1);
  expect_flat([&, parent = parent](long i) {
    if (i % 2 == 0) {
      c.send(parent, 1);
      int v = 0;
      c.recv(parent, v);
    } else {
      context::after_func(parent, [] {})();
    }
    if (free.lock(parent) == op_status::ok) free.unlock();
  });
}

}  // namespace
