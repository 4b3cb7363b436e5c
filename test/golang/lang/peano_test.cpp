// Go: test/peano.go. Numbers as chains of pointers, so that arithmetic is recursion, very deep.
// Go's stacks grow; here a goroutine is given the stack that it needs, and one that is too small
// ends the program with Go's message.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"

using offset::make_chan;

namespace {

struct number {
  const number* of;
};
// Everything lives until the end: the depth is to be the arithmetic's, not the destructors'.
class arithmetic {
 public:
  using value = const number*;

  [[gnu::noinline]] value add(value x, value y) { return y == nullptr ? x : add(add1(x), y->of); }
  [[gnu::noinline]] value mul(value x, value y) {
    return x == nullptr || y == nullptr ? nullptr : add(mul(x, y->of), x);
  }
  [[gnu::noinline]] value fact(value n) {
    return n == nullptr ? add1(nullptr) : mul(fact(n->of), n);
  }
  [[gnu::noinline]] value gen(int n) { return n > 0 ? add1(gen(n - 1)) : nullptr; }
  [[gnu::noinline]] int count(value x) { return x == nullptr ? 0 : count(x->of) + 1; }
  value add1(value x) {
    kept_.push_back(std::make_unique<number>(number{x}));
    return kept_.back().get();
  }

 private:
  std::vector<std::unique_ptr<number>> kept_;
};

void check_small() {
  arithmetic a;
  EXPECT_EQ(a.count(nullptr), 0);
  EXPECT_EQ(a.count(a.add1(nullptr)), 1);
  EXPECT_EQ(a.count(a.gen(10)), 10);
  EXPECT_EQ(a.count(a.add(a.gen(3), nullptr)), 3);
  EXPECT_EQ(a.count(a.add(nullptr, a.gen(4))), 4);
  EXPECT_EQ(a.count(a.add(a.gen(3), a.gen(4))), 7);
  EXPECT_EQ(a.count(a.mul(nullptr, nullptr)), 0);
  EXPECT_EQ(a.count(a.mul(a.gen(3), nullptr)), 0);
  EXPECT_EQ(a.count(a.mul(nullptr, a.gen(4))), 0);
  EXPECT_EQ(a.count(a.mul(a.gen(3), a.add1(nullptr))), 3);
  EXPECT_EQ(a.count(a.mul(a.gen(3), a.gen(4))), 12);
  EXPECT_EQ(a.count(a.fact(nullptr)), 1);
  EXPECT_EQ(a.count(a.fact(a.gen(5))), 120);
}

TEST(Peano, FactorialsOnADeepStack) {
  offset::run([] {
    constexpr int results[] = {1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880};
    constexpr int max =
        test::sanitized ? 7 : 9;  // whose frames are larger, and not turned to loops
    auto done = make_chan<void>();
    offset::go({.name = "peano", .stack_size = std::size_t{256} << 20}, [=] {
      check_small();
      for (int i = 0; i <= max; ++i) {
        arithmetic a;
        EXPECT_EQ(a.count(a.fact(a.gen(i))), results[i]) << i << "!";
      }
      done.send();
    });
    done.recv();
  });
}

// Every level keeps a place of its own, which no compiler turns into a loop.
volatile int deepest = 0;
[[gnu::noinline]] int descend(int levels) {
  volatile char frame[64] = {};
  frame[0] = 1;
  if (levels > deepest) deepest = levels;
  const int below = levels == 0 ? 0 : descend(levels - 1);
  return below + frame[0];
}

TEST(Peano, AMillionLevels) {
  offset::run([] {
    constexpr int levels = test::sanitized ? 100'000 : 1'000'000;
    auto done = make_chan<int>();
    offset::go({.name = "deep", .stack_size = std::size_t{512} << 20},
               [=] { done.send(descend(levels)); });
    EXPECT_EQ(done.recv(), levels + 1);
  });
}

PROGRAM(peano_overflow) {
  return offset::run([] {
    auto done = make_chan<int>();
    offset::go({.name = "shallow", .stack_size = std::size_t{64} << 10},
               [=] { done.send(descend(1'000'000)); });
    done.recv();
  });
}

TEST(Peano, AStackThatIsTooSmallIsReported) {
  if (test::sanitized) GTEST_SKIP() << "the sanitizer reports it";
  const auto o = test::run_program("peano_overflow");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_TRUE(o.err_has("fatal error: stack overflow")) << o.err;
  EXPECT_TRUE(o.err_has("goroutine stack exceeds ")) << o.err;
}

}  // namespace
