// Go: test/chan/fifo.go. Channels are first in, first out: for buffered values, and for goroutines
// in the order in which they are let through.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::recv_chan;
using offset::send_chan;

namespace {

constexpr int n = 10;

TEST(Fifo, Asynch) {
  offset::run([] {
    auto c = make_chan<int>(n);
    for (int i = 0; i < n; ++i) c.send(i);
    for (int i = 0; i < n; ++i) EXPECT_EQ(c.recv(), i);
  });
}

void chain(recv_chan<int> values, int expected, recv_chan<int> in, send_chan<int> out) {
  in.recv();
  EXPECT_EQ(values.recv(), expected);
  out.send(1);
}

TEST(Fifo, Synch) {
  offset::run([] {
    auto values = make_chan<int>();
    auto in = make_chan<int>();
    const auto start = in;
    for (int i = 0; i < n; ++i) {
      auto out = make_chan<int>();
      offset::go(chain, values, i, in, out);
      in = out;
    }
    start.send(0);
    for (int i = 0; i < n; ++i) values.send(i);
    EXPECT_EQ(in.recv(), 1);
  });
}

}  // namespace
