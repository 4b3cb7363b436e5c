// Go: src/sync/once_test.go.
#include <stdexcept>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::sync::once;

namespace {

TEST(Once, TestOnce) {
  offset::run([] {
    constexpr int n = 10;
    int calls = 0;
    once o;
    auto seen = make_chan<int>();
    for (int i = 0; i < n; ++i)
      offset::go([&, seen] {
        o.call([&] {
          offset::yield();
          ++calls;
        });
        seen.send(calls);
      });
    for (int i = 0; i < n; ++i) EXPECT_EQ(seen.recv(), 1);
    EXPECT_EQ(calls, 1);
  });
}

TEST(Once, TestOncePanic) {
  offset::run([] {
    once o;
    EXPECT_THROW(o.call([] { throw std::runtime_error("failed"); }), std::runtime_error);
    o.call([] { ADD_FAILURE() << "called twice"; });
  });
}

}  // namespace
