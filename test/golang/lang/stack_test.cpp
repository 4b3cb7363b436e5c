// Go: test/stack.go. Goroutines and deferred calls with large arguments, started at every level of
// a deep recursion with large frames.
#include <array>
#include <numeric>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"
#include "../../support/program.h"

using offset::chan;
using offset::make_chan;

namespace {

using large = std::array<int, 20>;
int sum(const large& t) { return std::accumulate(t.begin(), t.end(), 0); }

[[gnu::noinline]] char big_frame(int level) {
  volatile char frame[3000];
  frame[0] = static_cast<char>(level);
  return level == 0 ? frame[0] : static_cast<char>(big_frame(level - 1) + frame[0]);
}

void recur(int n, const chan<int>& c, const large& t, const std::string& b) {
  const std::string copy = b;
  ASSERT_EQ(copy, b);
  offset::go([](const chan<int>& to, large arg) { to.send(sum(arg)); }, c, t);
  EXPECT_EQ(big_frame(1), 1);
  EXPECT_EQ(c.recv(), static_cast<int>(t.size())) << "bad go at level " << n;
  const test::defer deferred([t, n] { EXPECT_EQ(sum(t), 20) << "bad defer at level " << n; });
  if (n > 0) recur(n - 1, c, t, b);
}

TEST(Stack, DeepRecursionWithGoAndDefer) {
  offset::run([] {
    large t;
    t.fill(1);
    auto done = make_chan<void>();
    offset::go({.name = "deep", .stack_size = std::size_t{64} << 20}, [=] {
      recur(test::sanitized ? 1000 : 8000, make_chan<int>(), t, "123456789a");
      done.send();
    });
    done.recv();
  });
}

}  // namespace
