// Go: test/chan/zerosize.go. Channels of elements that hold nothing, unbuffered and buffered. Go's
// only makes them; these are used too. C++'s empty class has size 1; chan<void> is what has none.
#include <array>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;

namespace {

struct nothing {};

template <class T>
void make_and_use() {
  make_chan<T>();
  auto c = make_chan<T>(1);
  c.send(T{});
  EXPECT_EQ(c.len(), 1U);
  EXPECT_TRUE(c.recv().has_value());
  auto d = make_chan<T>();
  offset::go([=] { d.send(T{}); });
  EXPECT_TRUE(d.recv().has_value());
}

TEST(ZeroSize, Array) {
  offset::run([] { make_and_use<std::array<std::byte, 0>>(); });
}
TEST(ZeroSize, Struct) {
  offset::run([] { make_and_use<nothing>(); });
}
TEST(ZeroSize, Void) {
  offset::run([] {
    make_chan<void>();
    auto c = make_chan<void>(1);
    c.send();
    EXPECT_EQ(c.len(), 1U);
    EXPECT_TRUE(c.recv());
    auto d = make_chan<void>();
    offset::go([=] { d.send(); });
    EXPECT_TRUE(d.recv());
  });
}

}  // namespace
