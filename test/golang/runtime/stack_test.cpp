// Go: src/runtime/stack_test.go. Stacks do not move here and do not grow by copying; what is left
// of Go's tests is that deep ones are used again, hold what was put there, and are unwound rightly.
#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"
#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::make_chan;
using test::defer;

namespace {

/// `depth` frames of about a kilobyte, each of them checked on the way back.
[[gnu::noinline]] void use_stack_and_call(int depth, const std::function<void()>& f) {
  volatile std::int32_t frame[200];
  for (std::int32_t i = 0; i < 200; ++i) frame[i] = depth * 1000 + i;
  if (depth == 0)
    f();
  else
    use_stack_and_call(depth - 1, f);
  for (std::int32_t i = 0; i < 200; ++i)
    if (frame[i] != depth * 1000 + i) throw std::logic_error("the stack is corrupted");
}

// 6400 goroutines, 32 at a time: their stacks are used again. (Each of up to 16 Ps keeps some.)
TEST(Stack, StackMem) {
  constexpr int batch = 32;
  offset::run([] {
    std::set<std::uintptr_t> places;  // of stacks; where in a stack a frame lies may differ
    for (int b = 0; b < 200; ++b) {
      auto c = make_chan<std::uintptr_t>(batch);
      for (int i = 0; i < batch; ++i)
        offset::go([=] {
          use_stack_and_call(64, [] { offset::time::sleep(10us); });
          c.send(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
        });
      for (int i = 0; i < batch; ++i) places.insert(*c.recv() / (256 << 10));
      EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
    }
    EXPECT_LE(places.size(), std::size_t{32 * batch});
  });
}

TEST(Stack, StackGrowth) {
  offset::run([] {
    offset::sync::wait_group all;
    const auto grow = [] {
      for (int depth = 0; depth < 100; ++depth) use_stack_and_call(depth, [] { offset::yield(); });
    };
    all.add(2);
    const auto run = [&] {
      const defer done([&] { all.done(); });
      EXPECT_NO_THROW(grow());
    };
    offset::go(run);
    offset::go({.pinned = true}, run);
    all.wait();
  });
}

// A channel operation, a start and an end of a goroutine, at every depth.
TEST(Stack, StackGrowthCallback) {
  offset::run([] {
    offset::sync::wait_group all;
    const auto at_every_depth = [](const std::function<void()>& f) {
      for (int depth = 0; depth < 128; ++depth) use_stack_and_call(depth, f);
    };
    all.go([=] {
      auto c = make_chan<int>(1);
      EXPECT_NO_THROW(at_every_depth([=] {
        c.send(1);
        EXPECT_EQ(c.recv(), 1);
      }));
    });
    all.go([=] {
      EXPECT_NO_THROW(at_every_depth([] {
        auto done = make_chan<void>();
        offset::go([=] { done.send(); });
        done.recv();
      }));
    });
    all.wait();
  });
}

// A deferred call with four kilobytes of arguments, run by `leave` at each of 100 depths.
using big = std::array<char, 4096>;
int deferred_at_depth(int depth, const std::function<void()>& leave) {
  auto c = make_chan<int>(1);
  offset::go([=] {
    int y = 0;
    const defer tell([&] { c.send(y); });
    try {
      const defer set([&y, x = 42, arguments = big{}] { y = x + arguments[7]; });
      use_stack_and_call(depth, leave);
    } catch (int) {
      y += 100;
    }
  });
  return *c.recv();
}
TEST(Stack, DeferPtrsGoexit) {
  offset::run([] {
    for (int depth = 0; depth < 100; ++depth)
      EXPECT_EQ(deferred_at_depth(depth, offset::goexit), 42);
  });
}
TEST(Stack, DeferPtrsPanic) {
  offset::run([] {
    for (int depth = 0; depth < 100; ++depth)
      EXPECT_EQ(deferred_at_depth(depth, [] { throw 1; }), 142);
  });
}

// Panics within the handling of panics, far apart on the stack.
TEST(Stack, PanicUseStack) {
  offset::run([] {
    std::vector<int> caught;
    auto done = make_chan<void>();
    offset::go([&, done] {
      try {
        throw 1;
      } catch (int n) {
        caught.push_back(n);
        try {
          use_stack_and_call(50, [&] {
            try {
              throw 2;
            } catch (int m) {
              caught.push_back(m);
              offset::yield();
              use_stack_and_call(50, [] { throw 3; });
            }
          });
        } catch (int m) {
          caught.push_back(m);
        }
      }
      done.close();
    });
    done.recv();
    EXPECT_EQ(caught, (std::vector<int>{1, 2, 3}));
  });
}
TEST(Stack, PanicFar) {
  offset::run([] {
    auto c = make_chan<int>();
    offset::go([=] {
      try {
        use_stack_and_call(100, [] {
          offset::time::sleep(1ms);
          throw 1;
        });
      } catch (int n) {
        c.send(n);
      }
    });
    EXPECT_EQ(c.recv(), 1);
  });
}

// 200 goroutines in lock step, ever deeper, four times: stacks come from the cache with nothing of
// their last user's.
void growing(const chan<int>& requests, const chan<bool>& done) {
  for (const int depth : requests) {
    bool right = true;
    try {
      use_stack_and_call(depth, [] {});
    } catch (const std::logic_error&) {
      right = false;
    }
    done.send(right);
  }
  done.send(true);
}
TEST(Stack, StackCache) {
  offset::run([] {
    constexpr int goroutines = 200;
    for (int round = 0; round < 4; ++round) {
      std::vector<chan<int>> requests;
      auto done = make_chan<bool>();
      for (int i = 0; i < goroutines; ++i) {
        requests.push_back(make_chan<int>());
        offset::go([=, mine = requests.back()] { growing(mine, done); });
      }
      for (int step = 0; step < 5; ++step) {
        for (const auto& r : requests) r.send(1 << step);
        for (int i = 0; i < goroutines; ++i) EXPECT_EQ(done.recv(), true);
      }
      for (const auto& r : requests) r.close();
      for (int i = 0; i < goroutines; ++i) EXPECT_EQ(done.recv(), true);
    }
  });
}

// Deferred calls of many frames at once, singly and in lists.
[[gnu::noinline]] int defers_and_recurses(int depth) {
  if (depth == 0) return 0;
  int sum = 0;
  {
    test::defer_list several;
    const defer one([&] { ++sum; });
    for (int i = 0; i < 2; ++i) several.add([&, i] { sum += i; });
    try {
      sum += defers_and_recurses(depth - 1);
      throw depth;
    } catch (int) {
    }
  }
  return sum;
}
TEST(Stack, DeferHeapAndStack) {
  offset::run([] {
    offset::sync::wait_group all;
    for (int p = 0; p < 4; ++p)
      all.go([] {
        for (int i = 0; i < 20; ++i) {
          EXPECT_EQ(defers_and_recurses(40), 2 * 40);
          offset::yield();
        }
      });
    all.wait();
  });
}

// Go's runtime.Stack has no counterpart of its own yet: these are the stacks that a panic and a
// deadlock print, of one goroutine and of all.
PROGRAM(stack_of_one) {
  return offset::run([] {
    offset::go([] { throw 1; });
    make_chan<void>().recv();
  });
}
PROGRAM(stack_of_all) {
  return offset::run([] {
    for (int i = 0; i < 3; ++i) offset::go([] { make_chan<void>().send(); });
    make_chan<void>().recv();
  });
}
TEST(Stack, StackOutput) {
  const auto o = test::run_program("stack_of_one");
  EXPECT_TRUE(o.err.starts_with("panic: 1\n\ngoroutine ")) << o.err;
  EXPECT_NE(o.err.find("\n\t"), std::string::npos) << "no frame in\n" << o.err;
}
TEST(Stack, StackAllOutput) {
  const auto o = test::run_program("stack_of_all");
  EXPECT_TRUE(o.err_has("\n\ngoroutine 1 [chan receive]:\n")) << o.err;
  std::size_t senders = 0;
  for (std::size_t at = 0; (at = o.err.find(" [chan send]:\n", at)) != std::string::npos; ++at)
    ++senders;
  EXPECT_EQ(senders, 3U) << o.err;
}

}  // namespace
