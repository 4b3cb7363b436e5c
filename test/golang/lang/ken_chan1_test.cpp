// Go: test/ken/chan1.go. Ten receivers on one channel see each of a thousand values exactly once.
// Go's receivers are left waiting when main returns; so are these.
#include <array>
#include <atomic>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using offset::chan;
using offset::make_chan;
using offset::select;

namespace {

constexpr int n = 1000;
constexpr int receivers = 10;

TEST(KenChan1, EachValueOnce) {
  std::array<std::atomic<int>, n> seen{};  // 1: being sent, 2: received
  std::atomic<int> received{0};
  offset::run([&] {
    auto c = make_chan<int>(2);
    for (int m = 0; m < receivers; ++m) {
      offset::go([&, c] {
        for (;;) {
          std::size_t r = 0;
          select(c.if_recv([&](int v) { r = static_cast<std::size_t>(v); }));
          EXPECT_EQ(seen.at(r).exchange(2), 1) << r;
          ++received;
        }
      });
      offset::yield();
    }
    for (int r = 0; r < n; ++r) {
      EXPECT_EQ(seen[static_cast<std::size_t>(r)].exchange(1), 0) << r;
      c.send(r);
    }
    EXPECT_TRUE(test::await([&] { return received == n; }));
    EXPECT_TRUE(test::await_receivers(c, receivers));
  });
  for (const auto& s : seen) EXPECT_EQ(s, 2);
}

}  // namespace
