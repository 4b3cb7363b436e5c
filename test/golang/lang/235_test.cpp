// Go: test/235.go. The numbers with no prime factors but 2, 3 and 5, in order, through multipliers
// with buffers of a hundred before and behind them.
#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::recv_chan;
using offset::send_chan;

namespace {

using number = std::uint64_t;

std::pair<send_chan<number>, recv_chan<number>> multiplier(number factor) {
  auto in = make_chan<number>(100);
  auto out = make_chan<number>(100);
  offset::go([=] {
    for (;;) out.send(factor * in.recv().value());
  });
  return {in, out};
}

bool is_235(number n) {
  for (number f : {2U, 3U, 5U})
    while (n % f == 0) n /= f;
  return n == 1;
}

TEST(TwoThreeFive, ExactSequence) {
  offset::run([] {
    const std::array ways = {multiplier(2), multiplier(3), multiplier(5)};
    std::array<number, 3> next{1, 1, 1};
    number x = 1;
    number want = 1;
    while (x < 1600) {  // where Go's table ends
      for (const auto& [in, out] : ways) in.send(x);
      for (std::size_t k = 0; k < ways.size(); ++k)
        if (next[k] == x) next[k] = ways[k].second.recv().value();
      x = *std::ranges::min_element(next);
      do ++want;
      while (!is_235(want));
      ASSERT_EQ(x, want);
    }
  });
}

}  // namespace
