// Go: test/cmp.go, its channels. Handles are equal when they are of one channel, whichever end they
// are; a channel is a key of a table.
#include <unordered_map>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;
using offset::recv_chan;
using offset::send_chan;

namespace {

TEST(Cmp, Channels) {
  const auto c = make_chan<int>();
  const recv_chan<int> c1 = c;
  const send_chan<int> c2 = c;
  EXPECT_TRUE(c == c);
  EXPECT_TRUE(c == c1) << "chan is converted to its end";
  EXPECT_TRUE(c1 == c);
  EXPECT_TRUE(c == c2);
  EXPECT_TRUE(c2 == c);
  const auto d = make_chan<int>();
  EXPECT_FALSE(c == d);
  EXPECT_FALSE(d == c);
  EXPECT_FALSE(d == c1);
  EXPECT_FALSE(c2 == d);
  EXPECT_TRUE(c != d);
  EXPECT_TRUE(chan<int>() == chan<int>());
  EXPECT_FALSE(chan<int>() == c);

  std::unordered_map<chan<int>, int> m{{c, 1}, {d, 2}};
  EXPECT_EQ(m.at(c), 1);
  EXPECT_EQ(m.at(d), 2);
  EXPECT_FALSE(m.contains(make_chan<int>()));
}

}  // namespace
