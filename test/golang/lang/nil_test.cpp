// Go: test/nil.go, chantest. A nil channel is never ready, has no length and no capacity. That its
// operations wait for ever is seen in the report of the deadlock.
#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"

using offset::chan;
using offset::op_status;

namespace {

PROGRAM(nil_send_waits) {
  return offset::run([] {
    chan<int>().send(1);
    std::puts("did not block");
  });
}
PROGRAM(nil_receive_waits) {
  return offset::run([] {
    chan<int>().recv();
    std::puts("did not block");
  });
}
PROGRAM(nil_receive_ok_waits) {
  return offset::run([] {
    int x = 0;
    const bool ok = chan<int>().recv(x);
    std::printf("did not block: %d %d\n", x, ok);
  });
}
PROGRAM(nil_range_waits) {
  return offset::run([] {
    for (int x : chan<int>()) std::printf("%d\n", x);
    std::puts("did not block");
  });
}

void expect_wait(const char* name, const std::string& reason) {
  const auto o = test::run_program(name);
  EXPECT_EQ(o.status, 2) << name;
  EXPECT_EQ(o.out, "") << name;
  EXPECT_EQ(o.first(3),
            "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [" + reason + "]:")
      << name;
}

TEST(Nil, ChanWaitsForEver) {
  expect_wait("nil_send_waits", "chan send (nil chan)");
  expect_wait("nil_receive_waits", "chan receive (nil chan)");
  expect_wait("nil_receive_ok_waits", "chan receive (nil chan)");
  expect_wait("nil_range_waits", "chan receive (nil chan)");
}

TEST(Nil, ChanHasNothing) {
  offset::run([] {
    const chan<int> nil;
    EXPECT_FALSE(nil);
    EXPECT_EQ(nil.len(), 0U);
    EXPECT_EQ(nil.cap(), 0U);
    int x = 5;
    EXPECT_EQ(nil.try_send(1), op_status::would_block);
    EXPECT_EQ(nil.try_recv(x), op_status::would_block);
    EXPECT_EQ(nil.recv_for(x, std::chrono::milliseconds(1)), op_status::timeout);
    EXPECT_EQ(x, 5);
    EXPECT_THROW(nil.close(), offset::panic_error);
  });
}

}  // namespace
