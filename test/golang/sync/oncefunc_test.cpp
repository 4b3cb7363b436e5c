// Go: src/sync/oncefunc_test.go (1.21). once_value is Go's OnceFunc, OnceValue and, of a pair,
// OnceValues.
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"

using offset::make_chan;
using offset::sync::once_value;

namespace {

TEST(OnceFunc, TestOnceFunc) {
  offset::run([] {
    int calls = 0;
    const auto f = once_value([&] { ++calls; });
    for (int i = 0; i < 10; ++i) f();
    EXPECT_EQ(calls, 1);
  });
}

// Nothing is made anew in later calls: the answer is the one object, of which no copy is taken.
TEST(OnceFunc, TestOnceValue) {
  offset::run([] {
    int calls = 0;
    const auto f = once_value([&] { return ++calls; });
    const auto* const first = &f();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(&f(), first);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(f(), 1);
    const auto unique = once_value([] { return std::make_unique<int>(7); });
    EXPECT_EQ(*unique(), 7);
    EXPECT_EQ(unique().get(), unique().get());
  });
}

TEST(OnceFunc, TestOnceValues) {
  offset::run([] {
    int calls = 0;
    const auto f = once_value([&] {
      ++calls;
      return std::pair(calls, calls + 1);
    });
    for (int i = 0; i < 10; ++i) {
      const auto& [a, b] = f();
      EXPECT_EQ(a, 1);
      EXPECT_EQ(b, 2);
    }
    EXPECT_EQ(calls, 1);
  });
}

// Every call throws the same, of the one call that there was.
template <class F>
void throws_x_each_time(const F& f, const int& calls) {
  for (int i = 0; i < 2; ++i) {
    std::string thrown;
    try {
      f();
    } catch (const std::string& s) {
      thrown = s;
    }
    EXPECT_EQ(thrown, "x");
  }
  EXPECT_EQ(calls, 1);
}
TEST(OnceFunc, TestOnceFuncPanic) {
  offset::run([] {
    int calls = 0;
    throws_x_each_time(once_value([&] {
                         ++calls;
                         throw std::string("x");
                       }),
                       calls);
  });
}
TEST(OnceFunc, TestOnceValuePanic) {
  offset::run([] {
    int calls = 0;
    throws_x_each_time(once_value([&]() -> int {
                         ++calls;
                         throw std::string("x");
                       }),
                       calls);
  });
}
TEST(OnceFunc, TestOnceValuesPanic) {
  offset::run([] {
    int calls = 0;
    throws_x_each_time(once_value([&]() -> std::pair<int, int> {
                         ++calls;
                         throw std::string("x");
                       }),
                       calls);
  });
}

// What a second caller gets is not said; the function is not called again, and the first ends.
TEST(OnceFunc, TestOnceFuncGoexit) {
  offset::run([] {
    int calls = 0;
    const auto f = once_value([&] {
      ++calls;
      offset::goexit();
    });
    for (int i = 0; i < 2; ++i) {
      auto ended = make_chan<void>();
      offset::go([&, ended] {
        const test::defer d([&] { ended.send(); });
        try {
          f();
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        }
      });
      ended.recv();
    }
    EXPECT_EQ(calls, 1);
  });
}

// What the function held is let go of after the first call, even though the callable lives on.
template <class Make>
void lets_go(Make make) {
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> seen = held;
  const auto f = once_value(make(std::move(held)));
  EXPECT_FALSE(seen.expired()) << "too early";
  for (int i = 0; i < 2; ++i) {
    try {
      f();
    } catch (const std::string&) {  // NOLINT(bugprone-empty-catch)
    }
    EXPECT_TRUE(seen.expired());
  }
}
TEST(OnceFunc, TestOnceXGC) {
  using kept = std::shared_ptr<int>;
  offset::run([] {
    lets_go([](kept p) { return [p] { *p = 1; }; });
    lets_go([](kept p) { return [p] { return *p = 1; }; });
    lets_go([](kept p) { return [p] { return std::pair(*p = 1, 2); }; });
    lets_go([](kept p) { return [p] { throw std::string("test panic" + std::to_string(*p)); }; });
    lets_go([](kept p) {
      return [p]() -> int { throw std::string("test panic" + std::to_string(*p)); };
    });
    lets_go([](kept p) {
      return [p]() -> std::pair<int, int> { throw std::string("test panic" + std::to_string(*p)); };
    });
  });
}

}  // namespace
