// Go: test/gc2.go. Ten thousand buffered channels that nobody holds any more leave nothing behind.
// Go waits for its collector; here the last handle frees the channel, and the heap is measured.
#include <malloc.h>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/elements.h"
#include "../../support/program.h"

using offset::make_chan;

namespace {

TEST(Gc2, DroppedChannelsAreFreed) {
  offset::run([] {
    constexpr std::size_t n = 10000;
    const std::size_t before = mallinfo2().uordblks;
    for (std::size_t i = 0; i < n; ++i) {
      auto c = make_chan<int>(10);
      EXPECT_EQ(c.try_send(1), offset::op_status::ok);
    }
    const std::size_t after = mallinfo2().uordblks;
    if (!test::sanitized) {  // whose heap is another
      EXPECT_LT(after, before + n / 5 * sizeof(int));
    }
  });
}

// And what was in them is destroyed.
TEST(Gc2, WithTheirValues) {
  test::ledger l;
  offset::run([&] {
    for (int i = 0; i < 1000; ++i) {
      auto c = make_chan<test::counted>(10);
      for (int k = 0; k < 3; ++k) c.send(test::counted(&l, k));
      EXPECT_EQ(c.recv()->value(), 0);
    }
    EXPECT_EQ(l.alive.load(), 0);
  });
  EXPECT_EQ(l.errors.load(), 0);
}

}  // namespace
