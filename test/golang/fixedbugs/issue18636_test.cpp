// Go: test/fixedbugs/issue18636.go. A goroutine whose one frame is larger than the stacks usually
// are. With a stack for it, it ends as any other; without, the program ends with a report and not
// in silence. Such a frame may reach beyond the guard of its stack, so this file is compiled with
// -fstack-clash-protection: its pages are touched one after the other.
#include <array>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"

using offset::make_chan;

namespace {

[[gnu::noinline]] std::size_t large_frame() {
  struct foo {
    std::array<char, 1 << 20> a;
    std::string b;
  };
  foo f{{}, "hello"};
  asm volatile("" : : "r"(&f) : "memory");  // it is really there
  return f.b.size();
}
TEST(Issue18636, AFrameOfAMegabyte) {
  offset::run([] {
    auto c = make_chan<std::size_t>();
    offset::go({.name = "large", .stack_size = std::size_t{4} << 20},
               [=] { c.send(large_frame()); });
    EXPECT_EQ(c.recv(), 5U);
  });
}
PROGRAM(issue18636_overflow) {
  return offset::run([] {
    auto c = make_chan<std::size_t>();
    offset::go({.name = "small", .stack_size = std::size_t{64} << 10},
               [=] { c.send(large_frame()); });
    c.recv();
  });
}
TEST(Issue18636, AFrameBeyondItsStackIsReported) {
  if (test::sanitized) GTEST_SKIP() << "the sanitizer reports it";
  const auto o = test::run_program("issue18636_overflow");
  EXPECT_EQ(o.status, 2) << o.err << o.signal;
  EXPECT_TRUE(o.err_has("fatal error: stack overflow")) << o.err;
}

}  // namespace
