// Panics and fatal errors: Go's words on stderr, exit status 2. Each program dies in a child
// process.
#include <complex>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/program.h"
#include "../support/wait.h"

using offset::make_chan;

// Not in an unnamed namespace: stacks name what the executable exports.
volatile int calls_returned = 0;
[[gnu::noinline]] void a_function_with_a_name(void (*throws)()) {
  throws();
  calls_returned = 1;  // not a tail call
}

namespace {

/// Throws `what` out of a goroutine that is not main.
template <class F>
int in_goroutine(F f) {
  return offset::run([&] {
    auto never = make_chan<void>();
    offset::go(f);
    never.recv();
  });
}

void expect_panic(const char* name, const std::string& text) {
  const test::outcome o = test::run_program(name);
  EXPECT_EQ(o.status, 2) << name << ": " << o.err;
  // The value, a blank line, then the goroutine.
  EXPECT_TRUE(o.err.starts_with("panic: " + text + "\n\ngoroutine ")) << name << ": " << o.err;
  EXPECT_TRUE(o.err_has(" [running]:")) << o.err;
  EXPECT_EQ(o.out, "");
}

void expect_fatal(const char* name, const std::string& text) {
  const test::outcome o = test::run_program(name);
  EXPECT_EQ(o.status, 2) << name << ": " << o.err;
  EXPECT_TRUE(o.err.starts_with("fatal error: " + text + "\n\n")) << name << ": " << o.err;
}

// --- what was thrown

PROGRAM(throw_runtime_error) {
  return in_goroutine([] { throw std::runtime_error("boom"); });
}
PROGRAM(throw_panic_error) {
  return in_goroutine([] { throw offset::panic_error("mine"); });
}
PROGRAM(throw_text) {
  return in_goroutine([] { throw "a literal"; });
}
PROGRAM(throw_string) {
  return in_goroutine([] { throw std::string("a string"); });
}
PROGRAM(throw_int) {
  return in_goroutine([] { throw 42; });
}
PROGRAM(throw_negative) {
  return in_goroutine([] { throw -7L; });
}
PROGRAM(throw_unsigned) {
  return in_goroutine([] { throw 18446744073709551615ULL; });
}
PROGRAM(throw_short) {
  return in_goroutine([] { throw static_cast<short>(-3); });
}
PROGRAM(throw_byte) {
  return in_goroutine([] { throw static_cast<unsigned char>(200); });
}
PROGRAM(throw_char) {
  return in_goroutine([] { throw 'x'; });
}
PROGRAM(throw_char32) {
  return in_goroutine([] { throw U'x'; });
}
PROGRAM(throw_long_double) {
  return in_goroutine([] { throw 1.5L; });
}
PROGRAM(throw_complex) {
  return in_goroutine([] { throw std::complex<double>(32.1, -10); });
}
PROGRAM(throw_double) {
  return in_goroutine([] { throw 1.5; });
}
PROGRAM(throw_small_double) {
  return in_goroutine([] { throw -2.5e-120; });
}
PROGRAM(throw_bool) {
  return in_goroutine([] { throw true; });
}
PROGRAM(throw_lines) {
  return in_goroutine([] { throw std::string("one\ntwo"); });
}
struct plain {
  int x = 0;
};
PROGRAM(throw_struct) {
  return in_goroutine([] { throw plain(); });
}

TEST(Panic, SaysWhatWasThrown) {
  expect_panic("throw_runtime_error", "boom");
  expect_panic("throw_panic_error", "mine");
  expect_panic("throw_text", "a literal");
  expect_panic("throw_string", "a string");
  expect_panic("throw_int", "42");
  expect_panic("throw_negative", "-7");
  expect_panic("throw_unsigned", "18446744073709551615");
  expect_panic("throw_short", "-3");
  expect_panic("throw_byte", "200");
  expect_panic("throw_char", "120");  // Go's runes and bytes are numbers
  expect_panic("throw_char32", "120");
  expect_panic("throw_long_double", "+1.500000e+000");
  expect_panic("throw_complex", "(+3.210000e+001-1.000000e+001i)");
  expect_panic("throw_double", "+1.500000e+000");
  expect_panic("throw_small_double", "-2.500000e-120");
  expect_panic("throw_bool", "true");
  expect_panic("throw_lines", "one\ntwo");
  expect_panic("throw_struct", "(anonymous namespace)::plain");
}

PROGRAM(throw_nested) {
  return in_goroutine([] {
    try {
      try {
        throw std::string("first");
      } catch (...) {
        std::throw_with_nested(std::runtime_error("second"));
      }
    } catch (...) {
      std::throw_with_nested(std::runtime_error("third"));
    }
  });
}
TEST(Panic, NestedExceptions) {
  expect_panic("throw_nested", "third\n\tcaused by: second\n\tcaused by: first");
}

// --- misuse

PROGRAM(send_on_closed) {
  return in_goroutine([] {
    auto c = make_chan<int>();
    c.close();
    c.send(1);
  });
}
PROGRAM(send_on_closed_buffered) {
  return in_goroutine([] {
    auto c = make_chan<std::string>(4);
    c.close();
    c.send("x");
  });
}
PROGRAM(select_send_on_closed) {
  return in_goroutine([] {
    auto c = make_chan<int>(1);
    c.close();
    offset::select(c.if_send(1), make_chan<int>().if_recv());
  });
}
PROGRAM(send_blocked_when_closed) {
  return offset::run([] {
    auto c = make_chan<int>();
    offset::go([=] { c.send(1); });
    if (!test::await_senders(c, 1)) return;
    c.close();
    make_chan<void>().recv();
  });
}
PROGRAM(close_twice) {
  return in_goroutine([] {
    auto c = make_chan<int>();
    c.close();
    c.close();
  });
}
PROGRAM(close_nil) {
  return in_goroutine([] { offset::chan<int>().close(); });
}
PROGRAM(makechan_negative) {
  return in_goroutine([] { make_chan<int>(-1); });
}
PROGRAM(wait_group_negative) {
  return in_goroutine([] { offset::sync::wait_group().done(); });
}
PROGRAM(semaphore_released) {
  return in_goroutine([] { offset::sync::semaphore(1).release(); });
}
PROGRAM(ticker_zero) {
  return in_goroutine([] { offset::time::ticker(std::chrono::seconds(0)); });
}
PROGRAM(ticker_reset_zero) {
  return in_goroutine([] {
    offset::time::ticker t(std::chrono::hours(1));
    t.reset(std::chrono::seconds(-1));
  });
}
PROGRAM(timer_stop_unset) {
  return in_goroutine([] { offset::time::timer().stop(); });
}
PROGRAM(timer_reset_unset) {
  return in_goroutine([] { offset::time::timer().reset(std::chrono::seconds(1)); });
}
PROGRAM(ticker_reset_unset) {
  return in_goroutine([] { offset::time::ticker().reset(std::chrono::seconds(1)); });
}

TEST(Panic, Misuse) {
  expect_panic("send_on_closed", "send on closed channel");
  expect_panic("send_on_closed_buffered", "send on closed channel");
  expect_panic("select_send_on_closed", "send on closed channel");
  expect_panic("send_blocked_when_closed", "send on closed channel");
  expect_panic("close_twice", "close of closed channel");
  expect_panic("close_nil", "close of nil channel");
  expect_panic("makechan_negative", "makechan: size out of range");
  expect_panic("wait_group_negative", "sync: negative WaitGroup counter");
  expect_panic("semaphore_released", "semaphore: released more than held");
  expect_panic("ticker_zero", "non-positive interval for NewTicker");
  expect_panic("ticker_reset_zero", "non-positive interval for Ticker.Reset");
  expect_panic("timer_stop_unset", "time: Stop called on uninitialized Timer");
  expect_panic("timer_reset_unset", "time: Reset called on uninitialized Timer");
  expect_panic("ticker_reset_unset", "time: Reset called on uninitialized Ticker");
}

// --- fatal: no catch helps

template <class F>
int uncatchable(F f) {
  return in_goroutine([=] {
    try {
      f();
    } catch (...) {
      std::puts("caught");
      std::fflush(stdout);
      _exit(0);
    }
  });
}
PROGRAM(unlock_unlocked) {
  return uncatchable([] { offset::sync::mutex().unlock(); });
}
PROGRAM(rw_unlock_unlocked) {
  return uncatchable([] { offset::sync::rw_mutex().unlock(); });
}
PROGRAM(rw_unlock_read_locked) {
  return uncatchable([] {
    offset::sync::rw_mutex m;
    m.rlock();
    m.unlock();
  });
}
PROGRAM(rw_runlock_unlocked) {
  return uncatchable([] { offset::sync::rw_mutex().runlock(); });
}
PROGRAM(rw_runlock_locked) {
  return uncatchable([] {
    offset::sync::rw_mutex m;
    m.lock();
    m.runlock();
  });
}
PROGRAM(go_nil_pointer) {
  return uncatchable([] {
    void (*f)() = nullptr;
    offset::go(f);
  });
}
PROGRAM(go_nil_function) {
  return uncatchable([] { offset::go(std::function<void(int)>(), 1); });
}
PROGRAM(unlock_unlocked_in_thread) {
  offset::sync::mutex().unlock();
  return 0;
}

TEST(Fatal, Misuse) {
  expect_fatal("unlock_unlocked", "sync: unlock of unlocked mutex");
  expect_fatal("rw_unlock_unlocked", "sync: Unlock of unlocked RWMutex");
  expect_fatal("rw_unlock_read_locked", "sync: Unlock of unlocked RWMutex");
  expect_fatal("rw_runlock_unlocked", "sync: RUnlock of unlocked RWMutex");
  expect_fatal("rw_runlock_locked", "sync: RUnlock of unlocked RWMutex");
  expect_fatal("go_nil_pointer", "go of nil func value");
  expect_fatal("go_nil_function", "go of nil func value");
  expect_fatal("unlock_unlocked_in_thread", "sync: unlock of unlocked mutex");
}

// --- how it ends

PROGRAM(named_panic) {
  return offset::run([] {
    offset::go({.name = "the culprit"}, [] { throw std::runtime_error("x"); });
    make_chan<void>().recv();
  });
}
TEST(Panic, NamesTheGoroutine) {
  const auto o = test::run_program("named_panic");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err_has("the culprit")) << o.err;
}

void (*volatile throws)() = [] { throw std::runtime_error("deep"); };
PROGRAM(deep_panic) {
  return in_goroutine([] { a_function_with_a_name(throws); });
}
TEST(Panic, StackOfWhereItWasThrown) {
  const auto o = test::run_program("deep_panic");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err_has("a_function_with_a_name")) << o.err;
}

struct speaks {
  ~speaks() { std::puts("destroyed"); }
};
PROGRAM(panic_runs_destructors) {
  return in_goroutine([] {
    const speaks s;
    throw 1;
  });
}
PROGRAM(panic_flushes) {
  std::fputs("written before, no newline", stdout);
  return in_goroutine([] { throw 1; });
}
PROGRAM(fatal_flushes) {
  std::fputs("before", stdout);
  return in_goroutine([] { offset::sync::mutex().unlock(); });
}
TEST(Panic, StdoutIsFlushed) {
  auto o = test::run_program("panic_flushes");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.out, "written before, no newline");
  o = test::run_program("fatal_flushes");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.out, "before");
}
TEST(Panic, DestructorsOfThePanickingGoroutineRunFirst) {
  const auto o = test::run_program("panic_runs_destructors");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.out, "destroyed\n");
}

TEST(Panic, TracebackCrashAborts) {
  auto o = test::run_program("throw_int", {"OFFSET_TRACEBACK=crash"});
  EXPECT_EQ(o.signal, SIGABRT);
  EXPECT_TRUE(o.err.starts_with("panic: 42\n\n")) << o.err;
  o = test::run_program("unlock_unlocked", {"OFFSET_TRACEBACK=crash"});
  EXPECT_EQ(o.signal, SIGABRT);
  EXPECT_TRUE(o.err.starts_with("fatal error: sync: unlock")) << o.err;
  o = test::run_program("throw_int", {"OFFSET_TRACEBACK=single"});
  EXPECT_EQ(o.status, 2);
}

PROGRAM(many_panics) {
  return offset::run([] {
    for (int i = 0; i < 50; ++i) offset::go([] { throw std::runtime_error("same"); });
    make_chan<void>().recv();
  });
}
TEST(Panic, OnlyOneIsTold) {
  const auto o = test::run_program("many_panics");
  EXPECT_EQ(o.status, 2);
  const std::size_t at = o.err.find("panic: same");
  EXPECT_EQ(at, 0U);
  EXPECT_EQ(o.err.find("panic: same", at + 1), std::string::npos) << o.err;
}

PROGRAM(main_may_not_win) {
  // Main returns 0 while a panic is being told: the status is 2 all the same (or the panic came too
  // late, and nothing is printed).
  return offset::run([] {
    offset::go([] { throw 1; });
    offset::yield();
  });
}
TEST(Panic, StatusAndMessageAgree) {
  for (int i = 0; i < 10; ++i) {
    const auto o = test::run_program("main_may_not_win");
    if (o.status == 0)
      EXPECT_EQ(o.err, "");
    else
      EXPECT_TRUE(o.status == 2 && o.err.starts_with("panic: 1\n\n")) << o.status << o.err;
  }
}

PROGRAM(main_returns_meanwhile) {
  // One carrier: the panicking goroutine has given way when main returns.
  return offset::run({.maxprocs = 1}, [] {
    auto c = make_chan<void>();
    offset::go([=] {
      struct gives_way {
        offset::chan<void> c;
        ~gives_way() {
          c.close();
          for (int i = 0; i < 10; ++i) offset::yield();
        }
      } const at_end{c};
      throw 1;
    });
    c.recv();
  });
}
PROGRAM(main_does_not_wait_for_ever) {
  return offset::run([] {
    auto c = make_chan<void>();
    offset::go([=] {
      struct waits {
        offset::chan<void> c;
        ~waits() {
          c.close();
          make_chan<void>().recv();
        }
      } const at_end{c};
      throw 1;
    });
    c.recv();
    return 5;
  });
}
TEST(Panic, IsToldThoughMainReturnsMeanwhile) {
  auto o = test::run_program("main_returns_meanwhile");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with("panic: 1\n\n")) << o.err;
  o = test::run_program("main_does_not_wait_for_ever");
  EXPECT_EQ(o.status, 5) << o.err;
}

PROGRAM(uncaught_in_main) {
  return offset::run([] { throw std::runtime_error("from main"); });
}
TEST(Panic, UncaughtOutOfMainEndsAsAPanicDoes) {
  const auto o = test::run_program("uncaught_in_main");
  EXPECT_NE(o.status, 0);
  EXPECT_TRUE(o.err_has("from main")) << o.err;
}

// --- stack overflow

volatile bool deeper = true;
[[gnu::noinline]] int recurse(int n) {
  volatile char frame[512];
  frame[0] = static_cast<char>(n);
  return (deeper ? recurse(n + 1) : 0) + frame[0];
}
PROGRAM(overflow) {
  return offset::run([] {
    offset::go([] { std::printf("%d", recurse(0)); });
    make_chan<void>().recv();
  });
}
PROGRAM(overflow_main) {
  return offset::run({.stack_size = 64 << 10}, [] { return recurse(0); });
}
PROGRAM(overflow_own_stack) {
  return offset::run([] {
    offset::go({.name = "small", .stack_size = 32 << 10}, [] { std::printf("%d", recurse(0)); });
    make_chan<void>().recv();
  });
}
TEST(Fatal, StackOverflow) {
  if (test::sanitized) GTEST_SKIP() << "the sanitizer reports it";
  for (const char* name : {"overflow", "overflow_main", "overflow_own_stack"}) {
    const auto o = test::run_program(name);
    EXPECT_EQ(o.status, 2) << name << o.err;
    EXPECT_TRUE(o.err.starts_with("runtime: goroutine stack exceeds ")) << name << o.err;
    EXPECT_TRUE(o.err_has("-byte limit\nruntime: sp=0x")) << o.err;
    EXPECT_TRUE(o.err_has(" stack=[0x")) << o.err;
    EXPECT_TRUE(o.err_has("\nfatal error: stack overflow\n\ngoroutine ")) << o.err;
  }
  EXPECT_TRUE(test::run_program("overflow_main").err_has("goroutine 1 [running]"));
}

PROGRAM(null_pointer) {
  return in_goroutine([] {
    volatile int* volatile p = nullptr;
    *p = 1;
  });
}
TEST(Fatal, OtherFaultsAreNotOverflows) {
  if (test::sanitized) GTEST_SKIP() << "the sanitizer reports it";
  const auto o = test::run_program("null_pointer");
  EXPECT_FALSE(o.err_has("stack overflow")) << o.err;
  EXPECT_EQ(o.signal, SIGSEGV) << o.err;
}

// --- handlers

offset::chan<std::string> told;
void tell(const offset::panic_info& p) {
  EXPECT_NE(p.goroutine, 0U);
  EXPECT_NE(p.exception, nullptr);
  EXPECT_EQ(told.try_send(std::string(p.message)), offset::op_status::ok);
}

TEST(PanicHandler, IsCalledInsteadAndTheOthersGoOn) {
  told = make_chan<std::string>(8);
  const auto before = offset::set_panic_handler(tell);
  EXPECT_EQ(before, nullptr);
  offset::run([] {
    bool destroyed = false;
    offset::go([&] {
      struct sets {
        bool& flag;
        ~sets() { flag = true; }
      } const s{destroyed};
      throw std::runtime_error("one");
    });
    EXPECT_EQ(told.recv(), "panic: one");
    EXPECT_TRUE(destroyed);
    for (int i = 0; i < 3; ++i) offset::go([] { throw 3; });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(told.recv(), "panic: 3");
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
  });
  EXPECT_EQ(offset::set_panic_handler(nullptr), tell);
  told = {};
}

}  // namespace
