// Go: test/chan/sendstmt.go. A send to a channel that was itself received, inside a select; and
// what belongs to the value of a send.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

TEST(SendStmt, ChanChan) {
  offset::run([] {
    auto cc = make_chan<chan<int>>(1);
    auto c = make_chan<int>(1);
    cc.send(c);
    EXPECT_EQ(select(cc.recv().value().if_send(2), otherwise), 0U);
    EXPECT_EQ(c.recv(), 2);
  });
}

TEST(SendStmt, SendPrec) {
  offset::run([] {
    auto c = make_chan<bool>(1);
    const bool no = false;
    c.send(no || true);
    EXPECT_EQ(c.recv(), true);
  });
}

}  // namespace
