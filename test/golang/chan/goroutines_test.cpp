// Go: test/chan/goroutines.go. A chain of ten thousand goroutines, each of which waits for its
// right neighbour and passes the value on.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;

namespace {

TEST(Goroutines, ChainOfTenThousand) {
  offset::run([] {
    constexpr int n = 10000;
    const auto leftmost = make_chan<int>();
    auto left = leftmost;
    for (int i = 0; i < n; ++i) {
      auto right = make_chan<int>();
      offset::go([](const chan<int>& l, const chan<int>& r) { l.send(*r.recv()); }, left, right);
      left = right;
    }
    offset::go([](const chan<int>& c) { c.send(1); }, left);
    EXPECT_EQ(leftmost.recv(), 1);
  });
}

}  // namespace
