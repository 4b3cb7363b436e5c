// sync: exclusion, order, nothing lost when waits are given up.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "model.h"

using namespace std::chrono_literals;
using model::dice;
using model::settle;
using model::us;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::sync::cond;
using offset::sync::mutex;
using offset::sync::rw_mutex;
using offset::sync::semaphore;
using offset::sync::wait_group;
using offset::time::now;

namespace {

using SyncModel = model::test;

// --- mutex

TEST_F(SyncModel, AMutexExcludes) {
  explore([] {
    dice d;
    mutex m;
    wait_group all;
    int inside = 0;
    int sections = 0;
    int done = 0;
    for (int i = 0; i < 4; ++i)
      all.go([&, i] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = 0; k < 4; ++k) {
          bool mine_now = true;
          switch (mine.below(3)) {
            case 0: m.lock(); break;
            case 1: mine_now = m.try_lock(); break;
            default: {
              const auto [ctx, cancel] = model::for_a_while(mine, 2);
              mine_now = m.lock(ctx) == op_status::ok;
            }
          }
          if (!mine_now) continue;
          ++sections;
          EXPECT_EQ(++inside, 1);
          if (mine.one_in(2))
            offset::yield();
          else
            offset::time::sleep(us(mine.below(3)));
          EXPECT_EQ(--inside, 0);
          ++done;
          m.unlock();
        }
      });
    all.wait();
    EXPECT_EQ(done, sections);
    EXPECT_TRUE(m.try_lock()) << "left locked";
    m.unlock();
  });
}

// One that takes the mutex again and again, and those that wait: they go in the order in which they
// came, and none waits for more than a millisecond and the section that is under way then.
TEST_F(SyncModel, AMutexStarvesNobody) {
  explore([] {
    dice d;
    mutex m;
    const int n = d.between(1, 3);
    const auto section = us(d.between(200, 900));
    wait_group all;
    std::vector<int> order;
    std::vector<int> expected;
    bool over = false;
    all.go([&] {
      while (!over) {
        const std::lock_guard<mutex> held(m);
        offset::time::sleep(section);
      }
    });
    offset::time::sleep(1us);
    std::vector<offset::cancel_func> cancels;
    for (int i = 0; i < n; ++i) {
      const bool gives_up = d.one_in(4);
      auto [ctx, cancel] = context::with_cancel(context::background());
      if (gives_up)
        cancels.push_back(cancel);
      else
        expected.push_back(i);
      all.go([&, i, ctx = ctx] {
        const auto start = now();
        if (m.lock(ctx) != op_status::ok) return;
        order.push_back(i);
        EXPECT_LE(now() - start, 1ms + 2 * section + n * 5us);
        offset::time::sleep(5us);
        m.unlock();
      });
      settle();
    }
    for (const auto& cancel : cancels) cancel();
    for (int i = 0; i < 400 && order.size() < expected.size(); ++i) offset::time::sleep(50us);
    over = true;
    all.wait();
    EXPECT_EQ(order, expected);
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

// --- rw_mutex

TEST_F(SyncModel, ReadersShareWritersDoNot) {
  explore([] {
    rw_mutex m;
    wait_group all;
    int readers = 0;
    int writers = 0;
    for (int i = 0; i < 4; ++i)
      all.go([&, i] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = 0; k < 4; ++k) {
          const bool writes = mine.one_in(3);
          bool in = true;
          switch (mine.below(3)) {
            case 0: writes ? m.lock() : m.rlock(); break;
            case 1: in = writes ? m.try_lock() : m.try_rlock(); break;
            default: {
              const auto [ctx, cancel] = model::for_a_while(mine, 2);
              in = (writes ? m.lock(ctx) : m.rlock(ctx)) == op_status::ok;
            }
          }
          if (!in) continue;
          ++(writes ? writers : readers);
          EXPECT_LE(writers, 1);
          EXPECT_TRUE(writers == 0 || readers == 0);
          if (mine.one_in(2))
            offset::yield();
          else
            offset::time::sleep(us(mine.below(3)));
          EXPECT_TRUE(writers == 0 || readers == 0);
          --(writes ? writers : readers);
          writes ? m.unlock() : m.runlock();
        }
      });
    all.wait();
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

// The sequential model: who holds it, and who waits in which order.
class rw_model {
 public:
  struct one {
    int id;
    bool writes;
  };
  void come(int id, bool writes) {
    queue_.push_back({id, writes});
    // A reader passes when nobody waits and no writer is in.
    if (!writes && queue_.size() == 1 && !writer_in()) let_in(0);
    if (writes && queue_.size() == 1 && in.empty()) let_in(0);
  }
  void leave(std::size_t at) {
    const bool wrote = in[at].writes;
    in.erase(in.begin() + static_cast<std::ptrdiff_t>(at));
    if (!in.empty()) return;
    if (wrote) all_readers();
    if (in.empty()) first_ones();
  }
  void give_up(std::size_t at) {
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!writer_in()) first_ones();
  }
  const std::deque<one>& queue() const { return queue_; }

  std::vector<one> in;

 private:
  bool writer_in() const { return !in.empty() && in[0].writes; }
  void let_in(std::size_t at) {
    in.push_back(queue_[at]);
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void all_readers() {
    for (std::size_t i = 0; i < queue_.size();)
      if (!queue_[i].writes)
        let_in(i);
      else
        ++i;
  }
  void first_ones() {
    while (!queue_.empty() && !queue_[0].writes) let_in(0);
    if (in.empty() && !queue_.empty()) let_in(0);
  }
  std::deque<one> queue_;
};

TEST_F(SyncModel, AWriterThatWaitsKeepsReadersOutAndTheyGoNext) {
  explore([] {
    dice d;
    rw_mutex m;
    rw_model expected;
    wait_group all;
    struct actor {
      bool writes;
      bool in = false;
      offset::chan<void> leave = make_chan<void>();
      offset::cancel_func cancel{};
    };
    std::vector<std::unique_ptr<actor>> actors;
    const auto compare = [&] {
      settle();
      std::vector<int> holds;
      std::vector<int> should;
      for (std::size_t i = 0; i < actors.size(); ++i)
        if (actors[i]->in) holds.push_back(static_cast<int>(i));
      for (const rw_model::one& o : expected.in) should.push_back(o.id);
      std::sort(should.begin(), should.end());
      EXPECT_EQ(holds, should);
      return holds == should;
    };
    bool right = true;
    for (int step = 0; right && (step < 12 || !expected.in.empty()); ++step) {
      if (step < 12 && (expected.in.empty() || d.one_in(2))) {
        actors.push_back(std::make_unique<actor>(actor{d.one_in(3)}));
        actor& a = *actors.back();
        auto [ctx, cancel] = context::with_cancel(context::background());
        a.cancel = cancel;
        expected.come(static_cast<int>(actors.size()) - 1, a.writes);
        all.go([&m, &a, ctx = ctx] {
          if ((a.writes ? m.lock(ctx) : m.rlock(ctx)) != op_status::ok) return;
          a.in = true;
          a.leave.recv();
          a.in = false;
          a.writes ? m.unlock() : m.runlock();
        });
      } else if (!expected.queue().empty() && d.one_in(4)) {
        const int at = d.below(static_cast<int>(expected.queue().size()));
        actors[static_cast<std::size_t>(expected.queue()[static_cast<std::size_t>(at)].id)]
            ->cancel();
        expected.give_up(static_cast<std::size_t>(at));
      } else {
        const auto at = static_cast<std::size_t>(d.below(static_cast<int>(expected.in.size())));
        actors[static_cast<std::size_t>(expected.in[at].id)]->leave.send();
        expected.leave(at);
      }
      right = compare();
      const bool quiet = expected.in.empty() && expected.queue().empty();
      if (m.try_rlock()) {
        EXPECT_TRUE(expected.queue().empty() && (quiet || !expected.in[0].writes));
        m.runlock();
      }
    }
    if (!right) {  // end it, whoever holds what
      for (const auto& a : actors) a->cancel(), a->leave.close();
    }
    all.wait();
  });
}

// --- cond

TEST_F(SyncModel, NoSignalIsLost) {
  explore([] {
    dice d;
    mutex m;
    cond not_full(m);
    cond not_empty(m);
    std::deque<int> queue;
    const std::size_t capacity = static_cast<std::size_t>(d.between(1, 2));
    const int producers = d.between(1, 3);
    const int consumers = d.between(1, 3);
    const int each = 2 * consumers;  // what all consume is what all produce
    wait_group all;
    std::vector<int> got;
    for (int p = 0; p < producers; ++p)
      all.go([&, p] {
        for (int k = 0; k < each; ++k) {
          std::unique_lock<mutex> held(m);
          not_full.wait(held, [&] { return queue.size() < capacity; });
          queue.push_back(p * 100 + k);
          if (k % 2 == 0) held.unlock();
          not_empty.signal();
        }
      });
    for (int c = 0; c < consumers; ++c)
      all.go([&, c] {
        dice mine(static_cast<std::uint64_t>(c) + 1);
        for (int k = 0; k < 2 * producers; ++k) {
          std::unique_lock<mutex> held(m);
          const auto ready = [&] { return !queue.empty(); };
          while (mine.one_in(2)) {
            const auto [ctx, cancel] = model::for_a_while(mine, 1);
            if (not_empty.wait(ctx, held, ready) == op_status::ok) break;
            EXPECT_TRUE(held.owns_lock());
          }
          not_empty.wait(held, ready);
          got.push_back(queue.front());
          queue.pop_front();
          not_full.signal();
        }
      });
    all.wait();
    std::sort(got.begin(), got.end());
    EXPECT_EQ(std::unique(got.begin(), got.end()), got.end());
    EXPECT_EQ(got.size(), static_cast<std::size_t>(producers * each));
  });
}

// Signals go to those that have waited longest; one that meets a wait given up goes to the next.
TEST_F(SyncModel, SignalsGoToTheFirstThatStillWait) {
  explore([] {
    dice d;
    mutex m;
    cond c(m);
    const int n = d.between(2, 5);
    wait_group all;
    std::vector<int> woken;
    int gave_up = 0;
    const auto both = context::with_cancel(context::background());
    const context& ctx = both.ctx;
    const offset::cancel_func& cancel = both.cancel;
    std::vector<bool> gives_up;
    for (int i = 0; i < n; ++i) {
      gives_up.push_back(d.one_in(3));
      all.go([&, i, gives = gives_up.back()] {
        std::unique_lock<mutex> held(m);
        if (!gives)
          c.wait(held);
        else if (c.wait(ctx, held) != op_status::ok) {
          ++gave_up;
          return;
        }
        woken.push_back(i);
      });
      settle();
    }
    const int patient = static_cast<int>(std::count(gives_up.begin(), gives_up.end(), false));
    const int signals = d.below(patient + 1);
    all.go([&] { cancel(); });
    for (int s = 0; s < signals; ++s) all.go([&] { c.signal(); });
    settle();
    EXPECT_EQ(woken.size(), static_cast<std::size_t>(signals)) << "lost";
    EXPECT_LE(gave_up, n - patient);
    c.broadcast();
    all.wait();
    EXPECT_EQ(static_cast<int>(woken.size()) + gave_up, n);
  });
  explore([] {
    dice d;
    mutex m;
    cond c(m);
    const int n = d.between(2, 5);
    const int signals = d.between(0, n);
    wait_group all;
    std::vector<int> woken;
    for (int i = 0; i < n; ++i) {
      all.go([&, i] {
        std::unique_lock<mutex> held(m);
        c.wait(held);
        woken.push_back(i);
      });
      settle();
    }
    for (int s = 0; s < signals; ++s) c.signal();
    settle();
    std::sort(woken.begin(), woken.end());  // they run in any order
    EXPECT_EQ(woken.size(), static_cast<std::size_t>(signals));
    for (int s = 0; s < signals; ++s) EXPECT_EQ(woken[static_cast<std::size_t>(s)], s);
    c.broadcast();
    all.wait();
  });
}

// --- wait_group

TEST_F(SyncModel, AWaitGroupLetsAllGoAtZero) {
  explore([] {
    dice d;
    wait_group counted;
    wait_group all;
    for (int round = 0; round < 2; ++round) {
      const int n = d.between(1, 4);
      int done = 0;
      int waited = 0;
      int gave_up = 0;
      counted.add(n);
      for (int w = 0; w < 3; ++w)
        all.go([&, w] {
          dice mine(static_cast<std::uint64_t>(w) + 1);
          if (mine.one_in(2)) {
            const auto wait = us(mine.below(4));
            const auto start = now();
            const auto [ctx, cancel] = context::with_timeout(context::background(), wait);
            if (counted.wait(ctx) != op_status::ok) {
              EXPECT_EQ(now() - start, wait);
              ++gave_up;
              return;
            }
          } else {
            counted.wait();
          }
          EXPECT_EQ(done, n);
          ++waited;
        });
      for (int i = 0; i < n; ++i)
        all.go([&, after = d.below(4)] {
          offset::time::sleep(us(after));
          ++done;
          counted.done();
        });
      all.wait();
      EXPECT_EQ(waited + gave_up, 3);
      counted.wait();
    }
  });
}

// --- semaphore

TEST_F(SyncModel, ASemaphoreKeepsItsUnits) {
  explore([] {
    dice d;
    const int size = d.between(1, 4);
    semaphore s(size);
    wait_group all;
    int held = 0;
    for (int i = 0; i < 5; ++i)
      all.go([&, i] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = 0; k < 3; ++k) {
          const int n = mine.between(1, size);
          bool mine_now = true;
          switch (mine.below(3)) {
            case 0: s.acquire(n); break;
            case 1: mine_now = s.try_acquire(n); break;
            default: {
              const auto [ctx, cancel] = model::for_a_while(mine, 3);
              mine_now = s.acquire(ctx, n) == op_status::ok;
            }
          }
          if (!mine_now) continue;
          held += n;
          EXPECT_LE(held, size);
          if (mine.one_in(2))
            offset::yield();
          else
            offset::time::sleep(us(mine.below(3)));
          held -= n;
          s.release(n);
        }
      });
    all.wait();
    EXPECT_EQ(held, 0);
    EXPECT_TRUE(s.try_acquire(size)) << "units lost";
    EXPECT_FALSE(s.try_acquire(1)) << "units won";
    s.release(size);
  });
}

// First in, first out: the first that does not fit holds up those behind it.
TEST_F(SyncModel, ASemaphoreServesInOrder) {
  explore([] {
    dice d;
    const int size = d.between(2, 4);
    semaphore s(size);
    struct request {
      int id;
      int n;
    };
    std::deque<request> queue;
    std::vector<request> in;
    std::vector<int> entered;
    std::vector<int> should;
    std::vector<offset::cancel_func> cancels;
    wait_group all;
    int free = size;
    const auto serve = [&] {
      while (!queue.empty() && queue.front().n <= free) {
        free -= queue.front().n;
        in.push_back(queue.front());
        should.push_back(queue.front().id);
        queue.pop_front();
      }
    };
    int made = 0;
    for (int step = 0; step < 12 || !in.empty(); ++step) {
      if (step < 12 && (in.empty() || d.one_in(2))) {
        const request r{made++, d.between(1, size)};
        auto [ctx, cancel] = context::with_cancel(context::background());
        cancels.push_back(cancel);
        queue.push_back(r);
        all.go([&, r, ctx = ctx] {
          if (s.acquire(ctx, r.n) == op_status::ok) entered.push_back(r.id);
        });
      } else if (!queue.empty() && d.one_in(4)) {
        const int at = d.below(static_cast<int>(queue.size()));
        cancels[static_cast<std::size_t>(queue[static_cast<std::size_t>(at)].id)]();
        queue.erase(queue.begin() + at);
      } else {
        const int at = d.below(static_cast<int>(in.size()));
        free += in[static_cast<std::size_t>(at)].n;
        s.release(in[static_cast<std::size_t>(at)].n);
        in.erase(in.begin() + at);
      }
      serve();
      settle();
      std::sort(entered.begin(), entered.end());  // several at once run in any order
      std::sort(should.begin(), should.end());
      EXPECT_EQ(entered, should);
      const bool fits = queue.empty() && free > 0;
      EXPECT_EQ(s.try_acquire(1), fits);
      if (fits) s.release(1);
    }
    all.wait();
  });
}

}  // namespace
