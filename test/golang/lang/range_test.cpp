// Go: test/range.go, testchan and testchan1's rule: the channel of a range is evaluated once, and
// the loop ends when it is closed and drained.
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;

namespace {

int calls = 0;
chan<char> seq(char lo, char hi) {
  ++calls;
  auto c = make_chan<char>();
  offset::go([=] {
    for (char i = lo; i <= hi; ++i) c.send(i);
    c.close();
  });
  return c;
}

TEST(Range, Chan) {
  offset::run([] {
    calls = 0;
    std::string s;
    for (char i : seq('a', 'z')) s += i;
    EXPECT_EQ(s, "abcdefghijklmnopqrstuvwxyz");
    int n = 0;
    for ([[maybe_unused]] char i : seq('a', 'z')) ++n;
    EXPECT_EQ(n, 26);
    EXPECT_EQ(calls, 2) << "evaluated once for each loop";
  });
}

// What the body does to the variable that was ranged over is not seen by the loop.
TEST(Range, OverWhatTheVariableWas) {
  offset::run([] {
    auto c = seq('a', 'e');
    std::string s;
    for (char i : chan<char>(c)) {
      s += i;
      c = {};
    }
    EXPECT_EQ(s, "abcde");
  });
}

}  // namespace
