// Go: test/chan/select.go. A send operand is evaluated each time the select is reached, chosen or
// not; a channel that has served is made nil and is not ready any more.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

struct values {
  unsigned counter = 0;
  unsigned shift = 0;
  unsigned next() {
    ++counter;
    return 1U << shift;
  }
};

int send_to(values& v, chan<unsigned> a, chan<unsigned> b) {
  int sent = 0;
  for (;;) {
    switch (select(a.if_send(v.next()), b.if_send(v.next()), otherwise)) {
      case 0:
        ++sent;
        a = {};
        break;
      case 1:
        ++sent;
        b = {};
        break;
      default: return sent;
    }
    ++v.shift;
  }
}

TEST(Select, OperandsAreEvaluatedEachTime) {
  offset::run([] {
    values v;
    auto a = make_chan<unsigned>(1);
    auto b = make_chan<unsigned>(1);
    EXPECT_EQ(send_to(v, a, b), 2);
    const unsigned from_a = a.recv().value();
    const unsigned from_b = b.recv().value();
    EXPECT_EQ(from_a | from_b, 3U);
    EXPECT_EQ(send_to(v, a, {}), 1);
    EXPECT_EQ(v.counter, 10U);
  });
}

}  // namespace
