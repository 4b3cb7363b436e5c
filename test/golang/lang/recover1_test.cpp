// Go: test/recover1.go. Panics that follow one another and panics inside one another are recovered
// in order, each once. recover is a catch: what Go's runtime decides by frames (a recover that is
// not called by the deferred function itself does nothing) C++ decides by scopes, so Go's tests 5
// to 7, which are about where recover is written, have no counterpart beyond these.
#include <exception>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"

namespace {

void panic(int v) { throw v; }

// Runs f, which must panic with v.
template <class F>
void must_recover(int v, F f) {
  EXPECT_EQ(std::current_exception(), nullptr) << "spurious panic";
  try {
    f();
    ADD_FAILURE() << "missing panic " << v;
  } catch (int got) {
    EXPECT_EQ(got, v);
  }
  EXPECT_EQ(std::current_exception(), nullptr) << "recover didn't recover";
}

// test1: while the first panic unwinds, a deferred call panics and recovers on its own.
TEST(Recover1, Nested) {
  offset::run([] {
    int inner = 0;
    must_recover(1, [&] {
      const test::defer deferred([&] {
        EXPECT_EQ(std::uncaught_exceptions(), 1);
        try {
          panic(2);
        } catch (int got) {
          inner = got;
        }
        EXPECT_EQ(std::uncaught_exceptions(), 1) << "the outer panic goes on";
      });
      panic(1);
    });
    EXPECT_EQ(inner, 2);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  });
}

// test2 and test3: the first is recovered, then comes the second.
TEST(Recover1, Sequential) {
  offset::run([] {
    must_recover(3, [] {
      try {
        panic(2);
      } catch (int got) {
        EXPECT_EQ(got, 2);
      }
      panic(3);
    });
    // From inside the handler of the first: it is gone when the second is caught.
    must_recover(3, [] {
      try {
        panic(2);
      } catch (int) {
        panic(3);
      }
    });
  });
}

// test4.
TEST(Recover1, Single) {
  offset::run([] { must_recover(4, [] { panic(4); }); });
}

// The same where the panicking goroutine parks between panic and recover, and others panic
// meanwhile: what is being handled belongs to the goroutine, not to its thread.
TEST(Recover1, EachGoroutineHasItsOwn) {
  offset::run([] {
    constexpr int n = 50;
    auto done = offset::make_chan<int>();
    for (int i = 0; i < n; ++i)
      offset::go([=] {
        for (int round = 0; round < 20; ++round) {
          try {
            const test::defer while_unwinding([] {
              EXPECT_EQ(std::uncaught_exceptions(), 1);
              offset::yield();
              EXPECT_EQ(std::uncaught_exceptions(), 1);
            });
            panic(i);
          } catch (int got) {
            offset::yield();
            EXPECT_EQ(got, i);
            try {
              std::rethrow_exception(std::current_exception());
            } catch (int again) {
              EXPECT_EQ(again, i) << "another goroutine's panic";
            }
          }
          EXPECT_EQ(std::uncaught_exceptions(), 0);
        }
        done.send(i);
      });
    int sum = 0;
    for (int i = 0; i < n; ++i) sum += done.recv().value();
    EXPECT_EQ(sum, n * (n - 1) / 2);
  });
}

}  // namespace
