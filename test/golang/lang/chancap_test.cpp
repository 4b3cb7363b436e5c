// Go: test/chancap.go. len and cap; and which capacities make panics for.
#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;

namespace {

TEST(ChanCap, LenAndCap) {
  offset::run([] {
    auto c = make_chan<int>(10);
    EXPECT_EQ(c.len(), 0U);
    EXPECT_EQ(c.cap(), 10U);
    for (int i = 0; i < 3; ++i) c.send(i);
    EXPECT_EQ(c.len(), 3U);
    EXPECT_EQ(c.cap(), 10U);
    c = make_chan<int>();
    EXPECT_EQ(c.len(), 0U);
    EXPECT_EQ(c.cap(), 0U);
  });
}

template <class T, class Capacity>
void expect_out_of_range(Capacity capacity) {
  try {
    make_chan<T>(capacity);
    ADD_FAILURE() << "did not panic for " << +capacity;
  } catch (const offset::panic_error& e) {
    EXPECT_EQ(std::string(e.what()), "makechan: size out of range");
  }
}

TEST(ChanCap, SizeOutOfRange) {
  offset::run([] {
    expect_out_of_range<long>(-1);
    expect_out_of_range<long>(std::int64_t{-1});
    expect_out_of_range<long>(static_cast<signed char>(-1));
    expect_out_of_range<long>(std::numeric_limits<std::int64_t>::min());
    expect_out_of_range<long>(std::int64_t{1} << 59);                     // more than there can be
    expect_out_of_range<long>(std::numeric_limits<std::int64_t>::max());  // times 8 overflows
    expect_out_of_range<long>(std::numeric_limits<std::uint64_t>::max());
    // times the size it is small again
    expect_out_of_range<std::array<char, 1 << 16>>(std::uint64_t{1} << 48);
  });
}

}  // namespace
