// Go: test/chan/doubleselect.go. A select performs exactly one of its cases, also when several
// receivers reach its channels at the same instant.
#include <array>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"

using offset::chan;
using offset::make_chan;
using offset::recv_chan;
using offset::select;
using offset::send_chan;

namespace {

void sender(int n, const std::array<send_chan<int>, 4>& out) {
  const test::defer closing([&] {
    for (const send_chan<int>& c : out) c.close();
  });
  for (int i = 0; i < n; ++i)
    select(out[0].if_send(i), out[1].if_send(i), out[2].if_send(i), out[3].if_send(i));
}

void mux(send_chan<int> out, recv_chan<int> in, send_chan<void> done) {
  for (int v : in) out.send(v);
  done.send();
}

TEST(DoubleSelect, DeliversEachValueOnce) {
  offset::run([] {
    constexpr int n = 100000;
    std::array<send_chan<int>, 4> lanes;
    auto merged = make_chan<int>();
    auto done = make_chan<void>();
    for (send_chan<int>& lane : lanes) {
      const auto c = make_chan<int>();
      lane = c;
      offset::go(mux, merged, c, done);
    }
    offset::go([=] { sender(n, lanes); });
    offset::go([=] {
      for (int i = 0; i < 4; ++i) done.recv();
      merged.close();
    });
    std::vector<int> seen(n, 0);
    for (int v : merged) ++seen.at(static_cast<std::size_t>(v));
    for (int i = 0; i < n; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], 1) << i;
  });
}

}  // namespace
