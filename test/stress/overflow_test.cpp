// Hazard 16: a stack that overflows is reported with the goroutine's number, and ends with status
// 2: by deep recursion, by large frames, on stacks of every kind, while others run.
#include <cstring>
#include <string>
#include <unistd.h>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

[[gnu::noinline]] long recurse(long n) {
  volatile char frame[200];
  frame[n % 200] = 1;
  if (n < 0) return 0;
  const long below = recurse(n + 1);
  return below + frame[n % 200];
}

// As a C function with a large array does: touches the frame from its low end.
template <std::size_t size>
[[gnu::noinline]] long large_frame(long n) {
  volatile char frame[size];
  frame[0] = static_cast<char>(n);
  frame[size - 1] = 1;
  if (n <= 0) return frame[0];
  return large_frame<size>(n - 1) + frame[size - 1];
}

void busy() {
  for (int i = 0; i < 20; ++i)
    offset::go([] {
      auto c = offset::make_chan<int>(1);
      for (;;) {
        c.send(1);
        c.recv();
        offset::yield();
      }
    });
}

class overflows : public testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if (stress::tsan || stress::asan)
      GTEST_SKIP() << "the sanitizer reports overflows in its own way";
  }
};

void deep() {
  offset::run([] {
    busy();
    offset::go([] { recurse(1); });
    for (;;) offset::time::sleep(1ms);
  });
}
TEST_F(overflows, by_recursion) {
  EXPECT_EXIT(deep(), testing::ExitedWithCode(2), "stack overflow");
  EXPECT_EXIT(deep(), testing::ExitedWithCode(2),
              "goroutine 2[0-9] .running.|goroutine [0-9]+ .running.");
}

void deep_main() {
  offset::run([] { recurse(1); });
}
TEST_F(overflows, of_main) {
  EXPECT_EXIT(deep_main(), testing::ExitedWithCode(2), "stack overflow");
  EXPECT_EXIT(deep_main(), testing::ExitedWithCode(2), "goroutine 1 .running.");
}

void deep_pinned() {
  offset::run([] {
    offset::go({.pinned = true}, [] { recurse(1); });
    offset::time::sleep(1h);
  });
}
TEST_F(overflows, of_a_pinned_one) {
  EXPECT_EXIT(deep_pinned(), testing::ExitedWithCode(2), "stack overflow");
}

void deep_sized() {
  offset::run([] {
    offset::go({.stack_size = 64U << 10}, [] { recurse(1); });
    offset::time::sleep(1h);
  });
}
TEST_F(overflows, of_a_small_one) {
  EXPECT_EXIT(deep_sized(), testing::ExitedWithCode(2), "stack overflow");
}

template <std::size_t size>
void large() {
  offset::run([] {
    busy();
    offset::go([] { large_frame<size>(1'000); });
    for (;;) offset::time::sleep(1ms);
  });
}
TEST_F(overflows, by_large_frames) {
  EXPECT_EXIT(large<4'000>(), testing::ExitedWithCode(2), "stack overflow");
  EXPECT_EXIT(large<10'000>(), testing::ExitedWithCode(2), "stack overflow");
  EXPECT_EXIT(large<16'000>(), testing::ExitedWithCode(2), "stack overflow");
}

// A frame as large as the whole stack jumps the guard, and may land in a neighbour's stack:
// compiled with -fstack-clash-protection, as distributions do, it cannot.
void jump() {
  offset::run([] {
    busy();
    offset::go([] { large_frame<60'000>(1'000); });
    for (;;) offset::time::sleep(1ms);
  });
}
TEST_F(overflows, by_frames_that_jump) {
  EXPECT_EXIT(jump(), testing::ExitedWithCode(2), "stack overflow");
}

// On a stack that was used before, and after waiting on other threads.
void later() {
  offset::run([] {
    busy();
    for (int round = 0; round < 20; ++round) {
      offset::sync::wait_group all;
      for (int i = 0; i < 100; ++i)
        all.go([] {
          offset::yield();
          large_frame<1'000>(20);
          offset::time::sleep(10us);
        });
      all.wait();
    }
    offset::go([] {
      for (int i = 0; i < 10; ++i) offset::time::sleep(10us);
      recurse(1);
    });
    for (;;) offset::time::sleep(1ms);
  });
}
TEST_F(overflows, of_a_stack_used_before) {
  EXPECT_EXIT(later(), testing::ExitedWithCode(2), "stack overflow");
}

// Not an overflow: an ordinary fault is what it would be without us.
void fault() {
  offset::run([] {
    offset::go([] {
      volatile int* volatile nowhere = nullptr;
      *nowhere = 1;
    });
    offset::time::sleep(1h);
  });
}
TEST_F(overflows, are_not_other_faults) {
  EXPECT_EXIT(fault(), testing::KilledBySignal(SIGSEGV), "");
}

}  // namespace
