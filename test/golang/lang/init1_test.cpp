// Go: test/init1.go. Goroutines and channels work while packages are initialised, before main.
// Here: while global objects are constructed, by a run of their own; a channel may be a global
// object; and the run of main comes after.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"

namespace {

// The garbage that Go makes meanwhile, so that its collector is at work too, is the heap's here.
std::size_t retained = 0;
int initialise() {
  return offset::run([] {
    auto c = offset::make_chan<int>();
    offset::go([=] { c.send(1); });
    const int got = c.recv().value_or(-1);
    std::vector<char> x;
    for (int i = 0; i < 100; ++i) x = std::vector<char>(1 << 20, static_cast<char>('0' + i % 10));
    retained = x.size();
    return got;
  });
}

const int initialised = initialise();
const offset::chan<std::string> global = offset::make_chan<std::string>();

TEST(Init1, GoroutinesBeforeMain) {
  EXPECT_EQ(initialised, 1);
  EXPECT_EQ(retained, std::size_t{1} << 20);
}
TEST(Init1, AGlobalChannelIsUsable) {
  offset::run([] {
    offset::go([] { global.send("from a goroutine"); });
    EXPECT_EQ(global.recv(), "from a goroutine");
  });
}

}  // namespace
