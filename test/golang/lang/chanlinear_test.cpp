// Go: test/chanlinear.go. A waiter leaves the middle of a channel's queue in constant time: with
// twice as many selects on one channel, each of which loses on it ten times, the work doubles and
// does not quadruple.
//
// As Go's, the test compares n with 2n and allows a factor of three; an unlucky measurement is
// repeated with more. Measured is the processor time of the process, which a busy machine does not
// change as it changes the clock's.
#include <chrono>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <time.h>

#include "../../support/wait.h"

using offset::chan;
using offset::make_chan;
using offset::select;

namespace {

void lose_often(std::size_t n) {
  constexpr int messages = 10;
  auto global = make_chan<bool>();
  std::vector<chan<bool>> own;
  offset::sync::wait_group group;
  for (std::size_t i = 0; i < n; ++i) {
    auto mine = make_chan<bool>();
    own.push_back(mine);
    group.go([=] {
      for (int j = 0; j < messages; ++j) EXPECT_EQ(select(global.if_recv(), mine.if_recv()), 1U);
    });
  }
  for (int i = 0; i < messages; ++i)
    for (const chan<bool>& c : own) c.send(true);
  group.wait();
  EXPECT_EQ(test::receivers_of(global), 0U);
}

double processor_seconds(std::size_t n) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double start = now();
  lose_often(n);
  return now() - start;
}

TEST(ChanLinear, ChanSelect) {
  offset::run([] {
    std::size_t n = 1000;
    for (int fails = 0; fails < 5;) {
      const double once = processor_seconds(n);
      const double twice = processor_seconds(2 * n);
      if (twice < 3 * once) return;
      if (once < 1)
        n *= 2;
      else
        ++fails;
    }
    ADD_FAILURE() << "too slow at " << n << " channels";
  });
}

}  // namespace
