// Go: src/runtime/defer_test.go. Deferred calls are destructors, recover is catch. Each case runs
// in many goroutines at once that give way in the midst of it: what is thrown, caught and being
// handled belongs to the goroutine, not to the thread it happens to be on.
#include <array>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"

using test::defer;
using test::defer_list;

namespace {

template <class F>
void in_many(F f) {
  offset::run([&] {
    offset::sync::wait_group all;
    for (int i = 0; i < 20; ++i)
      all.go([&] {
        for (int n = 0; n < 5; ++n) f();
      });
    all.wait();
  });
}

/// What `f` threw, as a number; 0 for nothing.
template <class F>
int thrown_by(F f) {
  try {
    f();
  } catch (int n) {
    offset::yield();
    return n;
  }
  return 0;
}

/// Nothing is in flight and nothing is being handled.
void expect_calm() {
  EXPECT_EQ(std::uncaught_exceptions(), 0);
  EXPECT_EQ(std::current_exception(), nullptr);
}

TEST(Defer, UnconditionalPanic) {
  in_many([] {
    bool ran = false;
    EXPECT_EQ(thrown_by([&] {
                const defer d([&] {
                  offset::yield();
                  ran = true;
                });
                throw 1;
              }),
              1);
    EXPECT_TRUE(ran);
    expect_calm();
  });
}

// Open-coded and other defers are one thing here; one in a loop is a list.
void open(bool& ran) {
  EXPECT_EQ(thrown_by([&] {
              const defer d([&] { ran = true; });
              throw 2;
            }),
            2);
}
TEST(Defer, OpenAndNonOpenDefers) {
  in_many([] {
    bool ran = false;
    int looped = 0;
    EXPECT_EQ(thrown_by([&] {
                defer_list in_loop;
                for (int i = 0; i < 3; ++i)
                  in_loop.add([&] {
                    offset::yield();
                    ++looped;
                  });
                open(ran);
                throw 3;
              }),
              3);
    EXPECT_TRUE(ran);
    EXPECT_EQ(looped, 3);
    expect_calm();
  });
}
TEST(Defer, NonOpenAndOpenDefers) {
  in_many([] {
    bool ran = false;
    int looped = 0;
    EXPECT_EQ(thrown_by([&] {
                open(ran);
                defer_list in_loop;
                for (int i = 0; i < 3; ++i) in_loop.add([&] { ++looped; });
                throw 3;
              }),
              3);
    EXPECT_TRUE(ran);
    EXPECT_EQ(looped, 3);
    expect_calm();
  });
}

TEST(Defer, ConditionalDefers) {
  in_many([] {
    std::vector<int> order;
    const auto conditional = [&](int n) {
      defer_list calls;
      const auto append = [&](int i) {
        calls.add([&order, i] {
          offset::yield();
          order.push_back(i);
        });
      };
      append(1);
      if (n > 5) {
        append(2);
        append(n > 8 ? 3 : 4);
      }
      throw 5;
    };
    EXPECT_EQ(thrown_by([&] { conditional(8); }), 5);
    EXPECT_EQ(order, (std::vector<int>{4, 2, 1}));
  });
}

// A second panic takes the first one's place. In C++ it may do so where the first is handled.
TEST(Defer, AbortedPanic) {
  in_many([] {
    const int last = thrown_by([] {
      const int second = thrown_by([] {
        try {
          throw 1;
        } catch (int) {
          offset::yield();
          throw 2;
        }
      });
      EXPECT_EQ(second, 2);
    });
    EXPECT_EQ(last, 0);
    expect_calm();
  });
}

// What is in flight cannot be had by a destructor that it runs, nor by one inside that.
TEST(Defer, RecoverMatching) {
  in_many([] {
    const int caught = thrown_by([] {
      const defer outer([] {
        const auto recover = [] {
          offset::yield();
          EXPECT_EQ(std::uncaught_exceptions(), 1);
          EXPECT_EQ(std::current_exception(), nullptr);
        };
        const defer inner(recover);
        recover();
      });
      throw 1;
    });
    EXPECT_EQ(caught, 1);
    expect_calm();
  });
}

// Arguments are evaluated once, when the call is deferred, however large they are.
struct big {
  std::int64_t x, y, z, w, p, q;
};
TEST(Defer, NonSSAableArgs) {
  in_many([] {
    int made = 0;
    int passed = 0;
    int saved_byte = 0;
    std::array<std::int64_t, 3> saved{};
    const auto make_bytes = [&] {
      ++made;
      std::array<char, 128> bytes{};
      bytes[4] = 5;
      return bytes;
    };
    const auto pass = [&](big b) {
      ++passed;
      return b;
    };
    {
      const defer first([&, bytes = make_bytes()] { saved_byte = bytes[4]; });
      const defer second([&, b = pass(big{1, 2, 3, 4, 5, 6})] { saved[0] = b.y; });
      big element{};
      element.z = 4;
      const defer third([&, element] { saved[1] = element.z; });
      const defer fourth([&, b = pass(element)] { saved[2] = b.z; });
      element.z = 9;  // too late
      offset::yield();
      EXPECT_EQ(saved_byte, 0);
    }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(passed, 2);
    EXPECT_EQ(saved_byte, 5);
    EXPECT_EQ(saved, (std::array<std::int64_t, 3>{2, 4, 4}));
  });
}

// Re-thrown frame by frame until it comes to the one that takes it.
void interpret(int level, int deepest, int meant_for, int& handled_at) {
  try {
    if (level + 1 < deepest)
      interpret(level + 1, deepest, meant_for, handled_at);
    else
      throw meant_for;
  } catch (int n) {
    offset::yield();
    if (n != level) throw;
    handled_at = level;
  }
}
[[gnu::noinline]] int recurse(int level, int deepest) {
  volatile std::uint32_t frame[40];
  for (auto& word : frame) word = 0xffffffff;
  if (level + 1 == deepest) throw std::runtime_error("deep");
  return recurse(level + 1, deepest) + (frame[4] != 0 ? 1 : 0);
}
TEST(Defer, DeferWithRepeatedRepanics) {
  in_many([] {
    for (const auto& [deepest, meant_for] : {std::pair{6, 2}, {5, 1}, {6, 3}}) {
      int handled_at = -1;
      interpret(0, deepest, meant_for, handled_at);
      EXPECT_EQ(handled_at, meant_for);
      // Stale frames of it would be met here.
      EXPECT_THROW(recurse(0, 10), std::runtime_error);
      expect_calm();
    }
  });
}

// --- panics in deferred calls, each recovered there: the outer one goes on

void panics_and_recovers(int n) {
  EXPECT_EQ(thrown_by([=] {
              offset::yield();
              throw n;
            }),
            n);
}

TEST(Defer, Issue43921) {
  in_many([] {
    EXPECT_EQ(thrown_by([] {
                const defer d([] { panics_and_recovers(4); });
                throw 1;
              }),
              1);
    expect_calm();
  });
}

TEST(Defer, Issue43920) {
  in_many([] {
    int steps = 0;
    const auto step = [&](int want) { EXPECT_EQ(++steps, want); };
    EXPECT_EQ(thrown_by([&] {
                const defer last([&] {
                  {
                    const defer inner([&] {
                      // 4, in whose place comes 5.
                      EXPECT_EQ(thrown_by([] {
                                  try {
                                    throw 4;
                                  } catch (int) {
                                    throw 5;
                                  }
                                }),
                                5);
                      step(3);
                    });
                    panics_and_recovers(3);
                    step(2);
                  }
                  step(4);
                });
                const defer first([&] { step(1); });
                throw 1;
              }),
              1);
    step(5);
    expect_calm();
  });
}

TEST(Defer, Issue43941) {
  in_many([] {
    int steps = 7;
    const auto step = [&](int want) { EXPECT_EQ(++steps, want); };
    EXPECT_EQ(thrown_by([&] {
                {
                  const defer outer([] {
                    EXPECT_EQ(thrown_by([] {
                                try {
                                  throw 2;
                                } catch (int) {
                                  throw 3;
                                }
                              }),
                              3);
                  });
                  const defer inner([] { panics_and_recovers(1); });
                }
                {
                  const defer tenth([&] { step(10); });
                  const defer ninth([&] { step(9); });
                  step(8);
                }
                const defer thirteenth([&] { step(13); });
                const defer twelfth([&] { step(12); });
                const defer eleventh([&] { step(11); });
                offset::yield();
                throw 4;
              }),
              4);
    step(14);
    expect_calm();
  });
}

}  // namespace
