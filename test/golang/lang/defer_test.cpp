// Go: test/defer.go. Deferred calls run last in, first out, each with the arguments it was given
// when it was deferred. C++'s defer is a destructor; see support/defer.h.
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"

namespace {

TEST(Defer, LastInFirstOutWithTheirArguments) {
  offset::run([] {
    std::string result;
    {
      test::defer_list deferred;
      for (int i = 0; i < 10; ++i) deferred.add([&result, i] { result += std::to_string(i); });
      EXPECT_EQ(result, "");
    }
    EXPECT_EQ(result, "9876543210");
  });
}

template <class... A>
void add(std::string& to, const A&... values) {
  std::ostringstream text;
  (text << ... << values);
  to += text.str();
}

TEST(Defer, VariadicCalls) {
  offset::run([] {
    std::string result;
    {
      test::defer_list deferred;
      for (int i = 0; i < 10; ++i) deferred.add([&result, i] { add(result, i); });
    }
    EXPECT_EQ(result, "9876543210");
  });
}

TEST(Defer, GuardsOfOneScope) {
  offset::run([] {
    std::string result;
    {
      int i = 0;
      const test::defer first([&result, i] { add(result, i); });
      ++i;
      const test::defer second([&result, i] { add(result, i); });
      i = 9;
    }
    EXPECT_EQ(result, "10");
  });
}

// In a goroutine, whichever way it ends. (That a panic runs them: recover1_test.cpp.)
TEST(Defer, RunWhenAGoroutineEnds) {
  offset::run([] {
    for (const bool exits : {false, true}) {
      auto done = offset::make_chan<std::string>(1);
      offset::go([=] {
        std::string result;
        const test::defer last([&] { done.send(result); });
        test::defer_list deferred;
        for (int i = 0; i < 3; ++i) deferred.add([&result, i] { add(result, i); });
        if (exits) offset::goexit();
      });
      EXPECT_EQ(done.recv(), "210") << "goexit: " << exits;
    }
  });
}

}  // namespace
