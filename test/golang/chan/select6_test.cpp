// Go: test/chan/select6.go (issue 2075). A select that loses while it stands at the end of a
// channel's queue is taken out of it without harm to those in front of it.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using offset::make_chan;
using offset::select;

namespace {

TEST(Select6, LoserAtTheTailOfTheQueue) {
  offset::run([] {
    auto c1 = make_chan<bool>();
    auto c2 = make_chan<bool>();
    auto c3 = make_chan<bool>();
    auto got = make_chan<int>(2);
    offset::go([=] {
      c1.recv();
      got.send(1);
    });
    ASSERT_TRUE(test::await_receivers(c1, 1));
    offset::go([=] {
      EXPECT_EQ(select(c1.if_recv(), c2.if_recv()), 1U);
      c3.send(true);
      c1.recv();
      got.send(2);
    });
    ASSERT_TRUE(test::await_receivers(c1, 2));
    offset::go([=] { c2.send(true); });
    c3.recv();
    c1.send(true);
    c1.send(true);
    const int first = got.recv().value();
    const int second = got.recv().value();
    EXPECT_EQ(first + second, 3);
  });
}

}  // namespace
