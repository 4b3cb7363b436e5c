// Go: test/fixedbugs/issue9110.go. Selects with one channel three times over, closed under them,
// and condition variables between: nothing of their waiters is left. Go counts objects of its heap
// after ten rounds and after twenty; here the bytes of the heap, over more rounds, since what the
// runtime keeps for reuse differs a little from one to the next; and the queues themselves.
#include <malloc.h>

#include <functional>
#include <memory>
#include <mutex>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using offset::make_chan;
using offset::select;

namespace {

struct condition {
  offset::sync::mutex m;
  offset::sync::cond c{m};
  bool waits = false;
};

// A goroutine that waits on it; returns once it does.
std::shared_ptr<condition> waiting(offset::sync::wait_group& group) {
  auto on = std::make_shared<condition>();
  group.go([on] {
    std::unique_lock lock(on->m);
    on->waits = true;
    on->c.wait(lock);
  });
  // When the mutex can be had and the flag is set, the goroutine is in the condition's queue.
  EXPECT_TRUE(test::await([&] {
    const std::lock_guard lock(on->m);
    return on->waits;
  }));
  return on;
}

TEST(Issue9110, NoWaiterIsLeft) {
  offset::run([] {
    constexpr std::size_t warm_up = 100;
    constexpr std::size_t rounds = 1000;
    std::size_t after_warm_up = 0;
    std::shared_ptr<condition> held;
    offset::sync::wait_group group;
    for (std::size_t i = 0; i < warm_up + rounds; ++i) {
      if (i == warm_up) after_warm_up = mallinfo2().uordblks;
      auto c = make_chan<int>();
      offset::sync::wait_group selects;
      for (int k = 0; k < 10; ++k)
        selects.go([c] { select(c.if_recv(), c.if_recv(), c.if_recv()); });
      ASSERT_TRUE(test::await_receivers(c, 30));
      if (held) held->c.broadcast();
      c.close();
      selects.wait();
      EXPECT_EQ(test::receivers_of(c), 0U);
      const auto first = waiting(group);
      held = waiting(group);
      first->c.broadcast();
    }
    held->c.broadcast();
    group.wait();
    held.reset();
    if (!test::sanitized) {  // whose heap is another
      EXPECT_LT(mallinfo2().uordblks, after_warm_up + rounds * 64) << "a block for every round";
    }
  });
}

}  // namespace
