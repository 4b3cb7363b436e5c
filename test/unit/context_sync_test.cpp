// The waits of sync and of blocking with a context: a canceled waiter leaves its queue, nobody
// loses a wake-up or a unit, what waited behind it goes on, and the end of the program finds
// everything clean.
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/program.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::run;
using offset::sync::cond;
using offset::sync::mutex;
using offset::sync::once;
using offset::sync::rw_mutex;
using offset::sync::semaphore;
using offset::sync::wait_group;

namespace {

struct canceling {
  context ctx;
  offset::cancel_func cancel;
};
canceling make() {
  auto [ctx, cancel] = context::with_cancel(context::background());
  return {ctx, cancel};
}

// Gives the others time to come to their waits. What follows does not depend on it: a waiter that
// comes late finds its context done, which is the same answer.
void let_them_wait() {
  for (int i = 0; i < 20; ++i) offset::yield();
}

// --- what every wait shares

struct a_wait {
  const char* name;
  std::function<op_status(const context&)> wait;
};

// Each would wait for ever.
class held {
 public:
  held() {
    m_.lock();
    for_cond_.lock();
    rw_.lock();
    group_.add(1);
  }
  ~held() { m_.unlock(); }

  std::vector<a_wait> all() {
    return {
        {"mutex", [this](const context& c) { return m_.lock(c); }},
        {"rw_mutex", [this](const context& c) { return rw_.lock(c); }},
        {"rw_mutex, read", [this](const context& c) { return rw_.rlock(c); }},
        {"semaphore", [this](const context& c) { return none_.acquire(c); }},
        {"semaphore, too many", [this](const context& c) { return none_.acquire(c, 5); }},
        {"wait_group", [this](const context& c) { return group_.wait(c); }},
        {"cond",
         [this](const context& c) {
           std::unique_lock lock(own_);
           const op_status s = condition_.wait(c, lock);
           EXPECT_TRUE(lock.owns_lock());
           EXPECT_FALSE(own_.try_lock()) << "held again";
           return s;
         }},
        {"once", [this](const context& c) { return once_.call(c, [] {}); }},
    };
  }
  // once's own mutex is held while its function runs.
  void in_once(const std::function<void()>& f) {
    once_.call([&] { f(); });
  }

 private:
  mutex m_;
  mutex for_cond_;
  mutex own_;
  cond condition_{own_};
  rw_mutex rw_;
  semaphore none_{0};
  wait_group group_;
  once once_;
};

TEST(ContextSync, CanceledWhileItWaitsAndEverAfter) {
  run([] {
    held things;
    things.in_once([&] {
      for (const a_wait& w : things.all()) {
        auto [ctx, cancel] = make();
        auto status = make_chan<op_status>(1);
        offset::go([&, ctx = ctx] { status.send(w.wait(ctx)); });
        let_them_wait();
        EXPECT_EQ(status.len(), 0U) << w.name;
        cancel();
        EXPECT_EQ(*status.recv(), op_status::canceled) << w.name;
        for (int i = 0; i < 100; ++i) ASSERT_EQ(w.wait(ctx), op_status::canceled) << w.name;
      }
    });
  });
}

TEST(ContextSync, PlainThreadsAndNoRuntime) {
  held things;
  things.in_once([&] {
    for (const a_wait& w : things.all()) {
      SCOPED_TRACE(w.name);
      auto [ctx, cancel] = make();
      std::thread waiter([&, ctx = ctx] { EXPECT_EQ(w.wait(ctx), op_status::canceled); });
      std::this_thread::yield();
      cancel();
      waiter.join();
      EXPECT_EQ(w.wait(ctx), op_status::canceled);
    }
  });
}

TEST(ContextSync, ADeadlineEndsEveryWait) {
  run([] {
    held things;
    things.in_once([&] {
      for (const a_wait& w : things.all()) {
        auto [ctx, cancel] = context::with_timeout(context::background(), 1ms);
        EXPECT_EQ(w.wait(ctx), op_status::canceled) << w.name;
      }
    });
  });
}

TEST(ContextSync, AFreeThingIsHad) {
  run([] {
    auto [ctx, cancel] = make();
    for (const context& c : {ctx, context::background()}) {
      mutex m;
      EXPECT_EQ(m.lock(c), op_status::ok);
      EXPECT_FALSE(m.try_lock());
      rw_mutex rw;
      EXPECT_EQ(rw.rlock(c), op_status::ok);
      EXPECT_EQ(rw.rlock(c), op_status::ok);
      EXPECT_FALSE(rw.try_lock());
      rw.runlock();
      rw.runlock();
      EXPECT_EQ(rw.lock(c), op_status::ok);
      EXPECT_FALSE(rw.try_rlock());
      semaphore s(3);
      EXPECT_EQ(s.acquire(c, 2), op_status::ok);
      EXPECT_FALSE(s.try_acquire(2));
      EXPECT_TRUE(s.try_acquire(1));
      wait_group g;
      EXPECT_EQ(g.wait(c), op_status::ok);
      int calls = 0;
      once o;
      EXPECT_EQ(o.call(c, [&] { ++calls; }), op_status::ok);
      EXPECT_EQ(o.call(c, [&] { ++calls; }), op_status::ok);
      EXPECT_EQ(calls, 1);
    }
    // A done context gets nothing, though it is free.
    cancel();
    mutex m;
    EXPECT_EQ(m.lock(ctx), op_status::canceled);
    EXPECT_TRUE(m.try_lock());
    semaphore s(1);
    EXPECT_EQ(s.acquire(ctx), op_status::canceled);
    EXPECT_TRUE(s.try_acquire());
    rw_mutex rw;
    EXPECT_EQ(rw.rlock(ctx), op_status::canceled);
    EXPECT_EQ(rw.lock(ctx), op_status::canceled);
    EXPECT_TRUE(rw.try_lock());
    EXPECT_EQ(wait_group().wait(ctx), op_status::canceled);
    once o;
    EXPECT_EQ(o.call(ctx, [] { FAIL(); }), op_status::canceled);
  });
}

TEST(ContextSync, GivenWhileItWaits) {
  run([] {
    auto [ctx, cancel] = make();
    auto status = make_chan<op_status>(1);
    const auto waits = [&, ctx = ctx](auto wait, auto give) {
      offset::go([&, wait] { status.send(wait(ctx)); });
      let_them_wait();
      EXPECT_EQ(status.len(), 0U);
      give();
      EXPECT_EQ(*status.recv(), op_status::ok);
    };
    mutex m;
    m.lock();
    waits([&](const context& c) { return m.lock(c); }, [&] { m.unlock(); });
    EXPECT_FALSE(m.try_lock());
    rw_mutex rw;
    rw.lock();
    waits([&](const context& c) { return rw.rlock(c); }, [&] { rw.unlock(); });
    waits([&](const context& c) { return rw.lock(c); }, [&] { rw.runlock(); });
    semaphore s(2);
    s.acquire(2);
    waits([&](const context& c) { return s.acquire(c, 2); }, [&] { s.release(2); });
    EXPECT_FALSE(s.try_acquire());
    wait_group g;
    g.add(1);
    waits([&](const context& c) { return g.wait(c); }, [&] { g.done(); });
    cancel();
  });
}

// --- those behind a canceled one

TEST(ContextSync, FifoIsKeptAroundACanceledWaiter) {
  // One carrier: who is started first waits first.
  run({.maxprocs = 1}, [] {
    semaphore s(1);
    s.acquire();
    auto [ctx, cancel] = make();
    auto order = make_chan<int>(8);
    for (int i = 0; i < 5; ++i) {
      offset::go([&, i, ctx = i % 2 == 1 ? ctx : context::background()] {
        if (s.acquire(ctx) != op_status::ok) return;
        order.send(i);
        s.release();
      });
      let_them_wait();
    }
    cancel();
    let_them_wait();
    s.release();
    EXPECT_EQ(*order.recv(), 0);
    EXPECT_EQ(*order.recv(), 2);
    EXPECT_EQ(*order.recv(), 4);
  });
}

TEST(ContextSync, ACanceledHeadLetsTheNextIn) {
  // One carrier: who is started first waits first.
  run({.maxprocs = 1}, [] {
    // A request that does not fit holds up a small one.
    semaphore s(3);
    s.acquire(2);
    auto [ctx, cancel] = make();
    auto big = make_chan<op_status>(1);
    auto small = make_chan<void>(1);
    offset::go([&, ctx = ctx] { big.send(s.acquire(ctx, 3)); });
    let_them_wait();
    offset::go([&] {
      s.acquire(1);
      small.send();
    });
    let_them_wait();
    EXPECT_EQ(small.len(), 0U);
    EXPECT_FALSE(s.try_acquire());
    cancel();
    EXPECT_EQ(*big.recv(), op_status::canceled);
    EXPECT_TRUE(small.recv());
    s.release(3);
    EXPECT_TRUE(s.try_acquire(3));

    // A writer that waits holds up readers.
    rw_mutex rw;
    rw.rlock();
    auto [ctx2, cancel2] = make();
    auto writer = make_chan<op_status>(1);
    auto reader = make_chan<void>(1);
    offset::go([&, ctx2 = ctx2] { writer.send(rw.lock(ctx2)); });
    let_them_wait();
    offset::go([&] {
      rw.rlock();
      reader.send();
    });
    let_them_wait();
    EXPECT_EQ(reader.len(), 0U);
    EXPECT_FALSE(rw.try_rlock());
    cancel2();
    EXPECT_EQ(*writer.recv(), op_status::canceled);
    EXPECT_TRUE(reader.recv());
    EXPECT_TRUE(rw.try_rlock()) << "nobody waits any more";
    rw.runlock();
    rw.runlock();
    rw.runlock();
    EXPECT_TRUE(rw.try_lock());
  });
}

// --- a grant and a cancel at the same moment

template <class Round>
void race(int rounds, Round round) {
  for (int i = 0; i < rounds && !testing::Test::HasFailure(); ++i) round(i);
}

TEST(ContextSync, NoUnitIsLostInARace) {
  run([] {
    semaphore s(2);
    race(3'000, [&](int i) {
      s.acquire(2);
      auto [ctx, cancel] = make();
      auto status = make_chan<op_status>(2);
      for (int k = 0; k < 2; ++k)
        offset::go([&, k, ctx = k == 0 ? ctx : context::background()] {
          const op_status st = s.acquire(ctx, k == 0 ? 2 : 1);
          if (st == op_status::ok) s.release(k == 0 ? 2 : 1);
          status.send(st);
        });
      if (i % 3 == 0) offset::yield();
      offset::go([cancel = cancel] { cancel(); });
      if (i % 2 == 0) offset::yield();
      s.release(2);
      status.recv();
      status.recv();
      EXPECT_TRUE(s.try_acquire(2)) << i;
      s.release(2);
    });
  });
}

TEST(ContextSync, NoWakeUpOfAMutexIsLostInARace) {
  run([] {
    mutex m;
    race(3'000, [&](int i) {
      m.lock();
      auto [ctx, cancel] = make();
      wait_group all;
      for (int k = 0; k < 3; ++k)
        all.go([&, ctx = k < 2 ? ctx : context::background()] {
          if (m.lock(ctx) == op_status::ok) m.unlock();
        });
      if (i % 3 == 0) offset::yield();
      all.go([cancel = cancel] { cancel(); });
      if (i % 2 == 0) offset::yield();
      m.unlock();
      all.wait();  // a lost wake-up is a deadlock
      EXPECT_TRUE(m.try_lock());
      m.unlock();
    });
  });
}

TEST(ContextSync, NoSignalIsLostInARace) {
  run([] {
    race(3'000, [&](int i) {
      mutex m;
      cond changed(m);
      auto [ctx, cancel] = make();
      int signals = 0;
      wait_group all;
      auto first = make_chan<op_status>(1);
      std::atomic<int> woken{0};
      all.go([&, ctx = ctx] {
        std::unique_lock lock(m);
        first.send(changed.wait(ctx, lock));
      });
      all.go([&] {
        std::unique_lock lock(m);
        while (signals == 0) changed.wait(lock);
        ++woken;
      });
      let_them_wait();
      offset::go([cancel = cancel] { cancel(); });
      if (i % 2 == 0) offset::yield();
      {
        const std::lock_guard lock(m);
        signals = 1;
      }
      changed.signal();
      // Taken by the first, it is the first's; otherwise the second has it.
      if (*first.recv() == op_status::ok) changed.signal();
      all.wait();
      EXPECT_EQ(woken.load(), 1);
    });
  });
}

TEST(ContextSync, CondWithAPredicate) {
  run([] {
    mutex m;
    cond changed(m);
    auto [ctx, cancel] = make();
    bool yes = false;
    std::unique_lock lock(m);
    offset::go([&] {
      const std::lock_guard hold(m);
      yes = true;
      changed.signal();
    });
    EXPECT_EQ(changed.wait(ctx, lock, [&] { return yes; }), op_status::ok);
    cancel();
    EXPECT_EQ(changed.wait(ctx, lock, [&] { return yes; }), op_status::ok) << "it holds";
    EXPECT_EQ(changed.wait(ctx, lock, [] { return false; }), op_status::canceled);
    EXPECT_TRUE(lock.owns_lock());
  });
}

TEST(ContextSync, ReadersAndWritersInARace) {
  run([] {
    rw_mutex rw;
    race(2'000, [&](int i) {
      if (i % 2 == 0)
        rw.rlock();
      else
        rw.lock();
      auto [ctx, cancel] = make();
      wait_group all;
      for (int k = 0; k < 6; ++k)
        all.go([&, k, ctx = k % 3 == 0 ? context::background() : ctx] {
          if (k % 2 == 0) {
            if (rw.lock(ctx) == op_status::ok) rw.unlock();
          } else {
            if (rw.rlock(ctx) == op_status::ok) rw.runlock();
          }
        });
      if (i % 3 == 0) let_them_wait();
      all.go([cancel = cancel] { cancel(); });
      if (i % 5 == 0) offset::yield();
      if (i % 2 == 0)
        rw.runlock();
      else
        rw.unlock();
      all.wait();
      EXPECT_TRUE(rw.try_lock());
      rw.unlock();
    });
  });
}

// A wait that was canceled has returned: the group may be used again, though the done that brought
// it to zero is still on its way.
TEST(ContextSync, AWaitGroupIsUsedAgainAfterACanceledWait) {
  run([] {
    wait_group g;
    race(5'000, [&](int i) {
      g.add(1);
      auto [ctx, cancel] = make();
      auto go = make_chan<void>();
      wait_group others;
      others.go([&] {
        go.recv();
        g.done();
      });
      others.go([&, cancel = cancel] {
        go.recv();
        cancel();
      });
      others.go([&] { go.close(); });
      if (i % 2 == 0) offset::yield();
      if (g.wait(ctx) == op_status::ok) {
        g.add(1);
        g.done();
      }
      others.wait();
      EXPECT_EQ(g.wait(context::background()), op_status::ok);
    });
  });
}

// Somebody who was woken by a cancel runs before the callbacks of the one who cancels, which may
// wait for him.
TEST(ContextSync, AStopCallbackMayWaitForAWaiterOfTheSameContext) {
  run([] {
    mutex m;
    m.lock();
    for (int callback_first = 0; callback_first < 2; ++callback_first) {
      auto [ctx, cancel] = make();
      auto ended = make_chan<void>();
      const auto wait_for_it = [&] { ended.recv(); };
      std::optional<std::stop_callback<decltype(wait_for_it)>> callback;
      if (callback_first == 1) callback.emplace(ctx.stop_token(), wait_for_it);
      offset::go([&, ctx = ctx] {
        EXPECT_EQ(m.lock(ctx), op_status::canceled);
        ended.send();
      });
      let_them_wait();
      if (callback_first == 0) callback.emplace(ctx.stop_token(), wait_for_it);
      cancel();
    }
    m.unlock();
  });
}

TEST(ContextSync, AfterFuncsAreStartedBeforeStopCallbacksRun) {
  run([] {
    auto [ctx, cancel] = make();
    auto ran = make_chan<void>();
    context::after_func(ctx, [&] { ran.send(); });
    const std::stop_callback waits(ctx.stop_token(), [&] { ran.recv(); });
    cancel();
    auto [ctx2, cancel2] = make();
    const std::stop_callback waits2(ctx2.stop_token(), [&] { ran.recv(); });
    context::after_func(ctx2, [&] { ran.send(); });
    cancel2();
  });
}

// --- the end of the program

struct things {
  mutex m;
  rw_mutex rw;
  semaphore s{2};
  wait_group g;
  mutex for_cond;
  cond c{for_cond};
  canceling by = make();

  things() {
    m.lock();
    rw.lock();
    s.acquire(2);
    g.add(1);
  }
};

template <class F>
void start_waiters(things& t, F wait) {
  std::atomic<int> came{0};
  for (int k = 0; k < 4; ++k)
    offset::go([&, wait] {
      ++came;
      static_cast<void>(wait(t, t.by.ctx));
    });
  while (came < 4) offset::yield();
  let_them_wait();
}

// Main ends while goroutines wait in what lies on its stack, context included, which is gone by
// the time they are given up. One carrier: they have come to their waits.
template <class F>
void ends_while_waiting(F wait) {
  for (int i = 0; i < 20; ++i)
    run({.maxprocs = 1}, [&] {
      things t;
      start_waiters(t, wait);
    });
}

// Main ends when goroutines have just been cancelled. Some of them will have gone on, some have
// not; what they waited in is clean.
template <class F>
int ends_when_canceled(F wait) {
  for (int i = 0; i < 20; ++i) {
    things t;
    run([&] {
      start_waiters(t, wait);
      t.by.cancel();
    });
    t.m.unlock();
    t.rw.unlock();
    t.s.release(2);
    t.g.done();
    t.g.wait();
    if (!t.m.try_lock() || !t.rw.try_lock() || !t.s.try_acquire(2) || !t.for_cond.try_lock())
      return 1;
  }
  return 0;
}
#define ENDS(name, call)                                                                   \
  PROGRAM(ends_##name) {                                                                   \
    const auto wait = []([[maybe_unused]] things& t, const context& ctx) { return call; }; \
    ends_while_waiting(wait);                                                              \
    return ends_when_canceled(wait);                                                       \
  }
op_status wait_in(cond& c, mutex& m, const context& ctx) {
  std::unique_lock lock(m);
  return c.wait(ctx, lock);
}
ENDS(mutex, t.m.lock(ctx))
ENDS(rw_mutex, t.rw.lock(ctx))
ENDS(rw_mutex_read, t.rw.rlock(ctx))
ENDS(semaphore, t.s.acquire(ctx, 2))
ENDS(wait_group, t.g.wait(ctx))
ENDS(cond, wait_in(t.c, t.for_cond, ctx))
ENDS(chan, make_chan<void>().recv(ctx))
ENDS(sleep, offset::time::sleep(ctx, 1h))

TEST(ContextSync, TheProgramEndsWhileOthersWait) {
  for (const char* name : {"ends_mutex", "ends_rw_mutex", "ends_rw_mutex_read", "ends_semaphore",
                           "ends_wait_group", "ends_cond", "ends_chan", "ends_sleep"}) {
    const auto o = test::run_program(name);
    EXPECT_EQ(o.status, 0) << name << " signal " << o.signal << ": " << o.err;
    EXPECT_EQ(o.err, "") << name;
    EXPECT_FALSE(o.timed_out) << name;
  }
}

// A context that outlives the runtime is cancelled after its waiters were given up.
TEST(ContextSync, CancelAfterTheEnd) {
  mutex m;
  m.lock();
  const auto [made, cancel] = make();
  const context& ctx = made;
  run([&] {
    for (int i = 0; i < 4; ++i) offset::go([&] { static_cast<void>(m.lock(ctx)); });
    let_them_wait();
  });
  cancel();
  m.unlock();
  EXPECT_TRUE(m.try_lock());
}

// --- blocking

TEST(ContextBlocking, RunsUnlessDone) {
  run([] {
    auto [ctx, cancel] = make();
    EXPECT_EQ(offset::blocking(ctx, [] { return 7; }), 7);
    EXPECT_EQ(offset::blocking(ctx, [] {}), op_status::ok);
    EXPECT_EQ(offset::blocking(context::background(), [] { return 7; }), 7);
    EXPECT_THROW(offset::blocking(ctx, []() -> int { throw std::runtime_error("x"); }),
                 std::runtime_error);
    EXPECT_THROW(offset::blocking(context(), [] {}), offset::panic_error);
    cancel();
    EXPECT_EQ(offset::blocking(ctx, []() -> int { std::abort(); }), std::nullopt);
    EXPECT_EQ(offset::blocking(ctx, [] { std::abort(); }), op_status::canceled);
  });
  auto [ctx, cancel] = make();
  EXPECT_EQ(offset::blocking(ctx, [] { return 7; }), 7);
  cancel();
  EXPECT_EQ(offset::blocking(ctx, [] { return 7; }), std::nullopt);
}

TEST(ContextBlocking, ACallThatRunsIsWaitedFor) {
  run([] {
    auto [ctx, cancel] = make();
    std::atomic<bool> begun{false};
    std::atomic<bool> go_on{false};
    auto result = make_chan<bool>(1);
    offset::go([&, ctx = ctx] {
      const auto r = offset::blocking(ctx, [&] {
        begun = true;
        while (!go_on.load()) std::this_thread::yield();
        return 7;
      });
      result.send(r == 7);
    });
    EXPECT_TRUE(test::await([&] { return begun.load(); }));
    cancel();
    let_them_wait();
    EXPECT_EQ(result.len(), 0U);
    go_on = true;
    EXPECT_TRUE(*result.recv());
  });
}

TEST(ContextBlocking, AQueuedCallIsTakenBack) {
  std::atomic<int> calls{0};
  run({.io_threads = 1}, [&] {
    auto [ctx, cancel] = make();
    std::atomic<bool> begun{false};
    std::atomic<bool> go_on{false};
    wait_group all;
    all.go([&] {
      offset::blocking([&] {
        begun = true;
        while (!go_on.load()) std::this_thread::yield();
      });
    });
    EXPECT_TRUE(test::await([&] { return begun.load(); }));
    wait_group queued;
    for (int i = 0; i < 20'000; ++i)
      queued.go([&, ctx = ctx] {
        EXPECT_EQ(offset::blocking(ctx, [&] { ++calls; }), op_status::canceled);
      });
    cancel();
    queued.wait();  // though the pool's only thread is taken
    go_on = true;
    all.wait();
    EXPECT_EQ(offset::blocking(context::background(), [] { return 7; }), 7);
  });
  EXPECT_EQ(calls.load(), 0);
}

TEST(ContextBlocking, TheProgramEndsWithCallsInTheQueue) {
  // The call that runs ends after main.
  auto go_on = std::make_shared<std::atomic<bool>>(false);
  auto ended = std::make_shared<std::atomic<bool>>(false);
  run({.io_threads = 1}, [&] {
    auto begun = std::make_shared<std::atomic<bool>>(false);
    auto [ctx, cancel] = make();
    offset::go([=] {
      offset::blocking([=] {
        *begun = true;
        while (!go_on->load()) std::this_thread::yield();
        *ended = true;
      });
    });
    EXPECT_TRUE(test::await([&] { return begun->load(); }));
    auto [other, stop] = make();
    for (int i = 0; i < 10; ++i)
      offset::go([ctx = i % 2 == 0 ? ctx : other] { offset::blocking(ctx, [] { std::abort(); }); });
    let_them_wait();
    cancel();
  });
  *go_on = true;
  EXPECT_TRUE(test::await([&] { return ended->load(); }));
}

}  // namespace
