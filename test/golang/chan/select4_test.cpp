// Go: test/chan/select4.go. Where a value is to be received is worked out only for the case that is
// chosen. In C++ an out parameter is an operand like any other, so what must wait is a handler.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::select;

namespace {

TEST(Select4, DestinationOfTheChosenCaseOnly) {
  offset::run([] {
    struct {
      int a = 0;
    } x;
    int other = 0;
    int calls = 0;
    const auto f = [&]() -> int& {
      ++calls;
      return other;
    };
    auto c = make_chan<int>(1);
    auto c1 = make_chan<int>();
    c.send(42);
    EXPECT_EQ(select(c1.if_recv([&](int v) { f() = v; }), c.if_recv(x.a)), 1U);
    EXPECT_EQ(x.a, 42);
    EXPECT_EQ(calls, 0);
    c.send(43);
    EXPECT_EQ(select(c1.if_recv(x.a), c.if_recv([&](int v) { f() = v; })), 1U);
    EXPECT_EQ(x.a, 42);
    EXPECT_EQ(other, 43);
    EXPECT_EQ(calls, 1);
  });
}

}  // namespace
