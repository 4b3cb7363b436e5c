// Go: test/defernil.go. Deferring a nil function is allowed; calling it, at the end of the scope,
// is what panics.
#include <functional>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"

namespace {

TEST(DeferNil, PanicsWhenRunNotWhenDeferred) {
  offset::run([] {
    int x = 0;
    const auto f = [&] {
      std::function<void()> nil;
      const test::defer deferred(nil);
      x = 1;
    };
    EXPECT_THROW(f(), std::bad_function_call);
    EXPECT_EQ(x, 1);
    const auto g = [&] {
      test::defer_list deferred;
      deferred.add(nullptr);
      x = 2;
    };
    EXPECT_THROW(g(), std::bad_function_call);
    EXPECT_EQ(x, 2);
  });
}

}  // namespace
