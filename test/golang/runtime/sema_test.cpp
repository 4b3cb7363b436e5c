// Go: src/runtime/sema_test.go. What is released goes to whoever waits, not to whoever is quick.
#include <atomic>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

constexpr int rounds = 1000;

// Does the waiter run before the one that released goes on? Go's release may be told to give its
// time away; here a yield says so. The carriers are kept busy meanwhile, so that being woken
// elsewhere is not what decides.
bool waiter_runs_first(unsigned maxprocs) {
  offset::sync::semaphore held(1);
  held.acquire();
  std::atomic<int> first{0};
  auto done = make_chan<void>();
  offset::sync::wait_group all;
  for (unsigned i = 0; i < maxprocs; ++i)
    all.go([=] {
      while (select(done.if_recv(), otherwise) == 1) offset::yield();
    });
  std::atomic<bool> asks{false};
  all.go([&, done] {
    asks.store(true);
    held.acquire();
    int nobody = 0;
    first.compare_exchange_strong(nobody, 1);
    held.release();
    done.close();
  });
  while (!asks.load()) offset::yield();
  for (int i = 0; i < 3; ++i) offset::yield();  // from asking to waiting
  held.release();
  offset::yield();
  int nobody = 0;
  first.compare_exchange_strong(nobody, 2);
  all.wait();
  return first.load() == 1;
}

void handoff(unsigned maxprocs) {
  offset::run({.maxprocs = maxprocs}, [=] {
    int direct = 0;
    for (int i = 0; i < rounds; ++i) direct += waiter_runs_first(maxprocs) ? 1 : 0;
    EXPECT_GE(direct, rounds * 2 / 3);
  });
}
TEST(Sema, SemaHandoff1) { handoff(1); }
TEST(Sema, SemaHandoff2) { handoff(2); }

// The unit itself is handed over in every case: nobody can take it between release and waiter.
TEST(Sema, SemaHandoff) {
  offset::run([] {
    for (int i = 0; i < rounds; ++i) {
      offset::sync::semaphore held(1);
      held.acquire();
      auto got = make_chan<void>();
      offset::go([&, got] {
        held.acquire();
        got.send();
        held.release();
        got.send();
      });
      // With the other one waiting, a try fails even though it asks for nothing.
      if (!test::await([&] { return !held.try_acquire(0); })) return;
      held.release();
      EXPECT_FALSE(held.try_acquire());
      got.recv();
      got.recv();
      EXPECT_TRUE(held.try_acquire());
    }
  });
}

}  // namespace
