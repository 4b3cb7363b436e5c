// Go: test/chan/select2.go. Selects that wait leave no memory behind on the channel that was not
// chosen. Go asks its collector; here the heap is measured.
#include <malloc.h>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using offset::chan;
using offset::make_chan;
using offset::select;

namespace {

constexpr int rounds = 100000;

void receive(const chan<int>& c, const chan<int>& never) {
  for (int i = 0; i < rounds; ++i) EXPECT_EQ(select(c.if_recv(), never.if_recv()), 0U);
}

TEST(Select2, WaitersAreNotLeft) {
  offset::run([] {
    auto c = make_chan<int>();
    auto never = make_chan<int>();
    const auto send = [c] {
      for (int i = 0; i < rounds; ++i) c.send(1);
    };
    offset::go(send);
    receive(c, never);  // warm up
    const std::size_t before = mallinfo2().uordblks;
    offset::go(send);
    receive(c, never);
    const std::size_t after = mallinfo2().uordblks;
    EXPECT_EQ(test::receivers_of(never), 0U);
    EXPECT_EQ(test::receivers_of(c), 0U);
    if (!test::sanitized) {  // whose heap is another
      EXPECT_LT(after, before + 110'000) << "bytes kept for " << rounds << " selects";
    }
  });
}

}  // namespace
