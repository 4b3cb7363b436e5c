// Go: test/typeparam/select.go. A select inside a generic function.
#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;
using offset::select;

namespace {

template <class T>
T f(const chan<T>& c, const chan<T>& d) {
  T x{};
  switch (select(c.if_recv(x), d.if_recv(x))) {
    case 0: return x;
    default: return x;
  }
}

TEST(TypeparamSelect, InAGenericFunction) {
  offset::run([] {
    auto c = make_chan<int>(1);
    auto d = make_chan<int>(1);
    c.send(5);
    d.send(6);
    std::array<int, 2> r{};
    r[0] = f(c, d);
    r[1] = f(c, d);
    std::ranges::sort(r);
    EXPECT_EQ(r, (std::array{5, 6}));

    auto s = make_chan<std::string>(1);
    s.send("five");
    EXPECT_EQ(f(s, {}), "five");
  });
}

}  // namespace
