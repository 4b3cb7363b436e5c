// Go: test/chan/select8.go. break leaves the select only, whatever its number of cases: here the
// switch over the index that select answers.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

TEST(Select8, BreakLeavesTheSelectOnly) {
  offset::run([] {
    auto c = make_chan<int>();
    offset::go([=] {
      for (;;) c.send(5);
    });
    int reached = 0;
    for (int i = 0; i < 3; ++i) {
      switch (select(c.if_recv())) {
        case 0: break;
        default: FAIL();
      }
      ++reached;
      switch (select(otherwise)) {
        case 0: break;
        default: FAIL();
      }
      ++reached;
      switch (select(c.if_recv(), otherwise)) {
        case 0: break;
        case 1: break;
        default: FAIL();
      }
      ++reached;
      switch (select(c.if_recv(), c.if_send(10), otherwise)) {
        case 0: break;
        case 1: FAIL() << "nobody receives";
        case 2: break;
        default: FAIL();
      }
      ++reached;
    }
    EXPECT_EQ(reached, 12) << "a break left the loop";
  });
}

}  // namespace
