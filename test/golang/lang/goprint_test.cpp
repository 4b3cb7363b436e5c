// Go: test/goprint.go. `go` of a function with arguments of many types, whose output is compared;
// and the number of goroutines comes back to what it was.
#include <cstdio>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

namespace {

void print(int i, bool t, bool f, bool also, double d, const char* s, const offset::chan<int>& c,
           void* p, void (*g)(), unsigned char b) {
  std::printf("%d %d %d %d %g %s %s %s %s %u\n", i, t, f, also, d, s, c ? "chan" : "nil",
              p == nullptr ? "nil" : "pointer", g == nullptr ? "nil" : "function", b);
}

PROGRAM(goprint) {
  return offset::run([] {
    const auto before = offset::num_goroutines();
    offset::go(print, 42, true, false, true, 1.5, "world", offset::chan<int>(), nullptr,
               static_cast<void (*)()>(nullptr), static_cast<unsigned char>(255));
    return test::await([&] { return offset::num_goroutines() <= before; }) ? 0 : 1;
  });
}

TEST(GoPrint, ArgumentsOfManyTypes) {
  const auto o = test::run_program("goprint");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "42 1 0 1 1.5 world nil nil nil 255\n");
}

}  // namespace
