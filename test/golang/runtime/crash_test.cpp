// Go: src/runtime/crash_test.go and the programs testprog/{deadlock,crash,panicrace}.go. How a
// program ends that cannot go on: words and exit status.
//
// Go's main panics in most of these programs. An exception that leaves main leaves `run` here, so
// they panic in another goroutine. Go's "[recovered]" and its chain of panics are what C++ says
// with nested exceptions: the newest first, "caused by" the older ones.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"
#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::make_chan;
using offset::select;

namespace {

const std::string asleep = "fatal error: all goroutines are asleep - deadlock!\n\n";
const std::string none_left =
    "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n\n";

/// The program ended with status 2, having said this on stderr, first thing, and that on stdout.
void expect_end(const char* name, const std::string& words, const std::string& out = "") {
  const test::outcome o = test::run_program(name);
  EXPECT_EQ(o.status, 2) << name << ": " << o.err;
  EXPECT_FALSE(o.timed_out) << name;
  EXPECT_TRUE(o.err.starts_with(words)) << name << ": " << o.err;
  EXPECT_EQ(o.out, out) << name;
}

template <class F>
int in_goroutine(F f) {
  return offset::run([&] {
    offset::go(f);
    make_chan<void>().recv();
  });
}

// --- deadlocks

PROGRAM(simple_deadlock) {
  return offset::run([] { select(); });
}
PROGRAM(locked_deadlock) {
  // Main itself cannot be pinned; all that can go on is the one that is.
  return offset::run([] {
    offset::go({.pinned = true}, [] { select(); });
    offset::goexit();
  });
}
PROGRAM(locked_deadlock_2) {
  return offset::run([] {
    offset::go({.pinned = true}, [] { select(); });
    offset::time::sleep(1ms);
    select();
  });
}
PROGRAM(goexit_deadlock) {
  return offset::run([] {
    for (int i = 0; i < 2; ++i)
      offset::go([] {
        for (int turn = 0; turn < 10; ++turn) offset::yield();
      });
    offset::goexit();
  });
}
PROGRAM(goexit_exit) {
  return offset::run([] {
    offset::go([] { offset::time::sleep(1ms); });
    offset::goexit();
  });
}

TEST(Crash, SimpleDeadlock) {
  expect_end("simple_deadlock", asleep + "goroutine 1 [select (no cases)]:\n");
}
TEST(Crash, LockedDeadlock) { expect_end("locked_deadlock", asleep); }
TEST(Crash, LockedDeadlock2) {
  expect_end("locked_deadlock_2", asleep + "goroutine 1 [select (no cases)]:\n");
}
TEST(Crash, GoexitDeadlock) { expect_end("goexit_deadlock", none_left); }
TEST(Crash, GoexitCrash) { expect_end("goexit_exit", none_left); }

// Before main: a runtime may be run by a static initialiser, and says the same.
const bool initialised = [] {
  if (std::getenv("GOLANG_INIT_DEADLOCK") != nullptr) offset::run([] { select(); });
  return true;
}();
PROGRAM(never_reached) { return initialised ? 0 : 1; }
TEST(Crash, InitDeadlock) {
  const auto o = test::run_program("never_reached", {"GOLANG_INIT_DEADLOCK=1"});
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(asleep)) << o.err;
}

// --- goexit among exceptions

TEST(Crash, GoexitDefer) {
  offset::run([] {
    auto c = make_chan<bool>();
    offset::go([=] {
      bool recovered = false;
      const test::defer at_end([&] { c.send(recovered); });
      try {
        offset::goexit();
      } catch (const std::exception&) {
        recovered = true;
      }
    });
    EXPECT_EQ(c.recv(), false);
  });
}

PROGRAM(goexit_in_panic) {
  return offset::run([] {
    offset::go([] {
      try {
        throw std::string("hello");
      } catch (...) {
        offset::goexit();
      }
    });
    offset::goexit();
  });
}
PROGRAM(panic_after_goexit) {
  return in_goroutine([] {
    try {
      offset::goexit();
    } catch (...) {
      throw std::string("hello");
    }
  });
}
PROGRAM(recovered_panic_after_goexit) {
  // In the destructor that goexit runs.
  return offset::run([] {
    const test::defer recovers([] {
      try {
        offset::yield();
        throw std::string("hello");
      } catch (const std::string&) {
        std::puts("recovered");
      }
    });
    offset::goexit();
  });
}
PROGRAM(recover_before_panic_after_goexit) {
  // What goexit threw is gone for good here; the exit is not.
  return offset::run([] {
    try {
      try {
        offset::goexit();
      } catch (...) {
        throw std::string("hello");
      }
    } catch (const std::string&) {
      std::puts("recovered");
    }
  });
}
TEST(Crash, GoexitInPanic) { expect_end("goexit_in_panic", none_left); }
TEST(Crash, PanicAfterGoexit) { expect_end("panic_after_goexit", "panic: hello\n\ngoroutine "); }
TEST(Crash, RecoveredPanicAfterGoexit) {
  expect_end("recovered_panic_after_goexit", none_left, "recovered\n");
}
TEST(Crash, RecoverBeforePanicAfterGoexit) {
  expect_end("recover_before_panic_after_goexit", none_left, "recovered\n");
}

// --- panics within panics

PROGRAM(recursive_panic) {
  return in_goroutine([] {
    try {
      try {
        throw std::string("bad");
      } catch (const std::string& e) {
        throw "wrap: " + e;
      }
    } catch (const std::string& e) {
      std::puts(e.c_str());
    }
    throw std::string("again");
  });
}
PROGRAM(recursive_panic_2) {
  // The second is thrown by a deferred call, once the first is dealt with.
  return in_goroutine([] {
    try {
      const test::defer second([] { throw std::string("second panic"); });
      try {
        throw std::string("first panic");
      } catch (const std::string& e) {
        std::puts(e.c_str());
      }
    } catch (const std::string& e) {
      std::puts(e.c_str());
    }
    throw std::string("third panic");
  });
}
PROGRAM(recursive_panic_3) {
  return in_goroutine([] {
    const test::defer second([] {
      try {
        throw std::string("second panic");
      } catch (const std::string&) {
        offset::yield();
      }
    });
    throw std::string("first panic");
  });
}
PROGRAM(recursive_panic_4) {
  return in_goroutine([] {
    try {
      throw std::string("first panic");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("second panic"));
    }
  });
}
PROGRAM(recursive_panic_4_replaced) {
  return in_goroutine([] {
    try {
      throw std::string("first panic");
    } catch (...) {
      throw std::runtime_error("second panic");
    }
  });
}
PROGRAM(recursive_panic_5) {
  return in_goroutine([] {
    const auto three = [] {
      try {
        try {
          throw std::string("first panic");
        } catch (const std::string& e) {
          std::puts(e.c_str());
          throw std::string("second panic");
        }
      } catch (const std::string& e) {
        std::puts(e.c_str());
      }
    };
    const auto two = [=] {
      const test::defer nothing([] {});
      three();
    };
    two();
    throw std::string("third panic");
  });
}
TEST(Crash, RecursivePanic) { expect_end("recursive_panic", "panic: again\n\n", "wrap: bad\n"); }
TEST(Crash, RecursivePanic2) {
  expect_end("recursive_panic_2", "panic: third panic\n\n", "first panic\nsecond panic\n");
}
TEST(Crash, RecursivePanic3) { expect_end("recursive_panic_3", "panic: first panic\n\n"); }
TEST(Crash, RecursivePanic4) {
  expect_end("recursive_panic_4", "panic: second panic\n\tcaused by: first panic\n\n");
  expect_end("recursive_panic_4_replaced", "panic: second panic\n\ngoroutine ");
}
TEST(Crash, RecursivePanic5) {
  expect_end("recursive_panic_5", "panic: third panic\n\n", "first panic\nsecond panic\n");
}

// A value that says what it is by a function of its own, as Go's Stringer.
struct stringer : std::exception {
  explicit stringer(std::string s) : text(std::move(s)) {}
  const char* what() const noexcept override {
    offset::yield();  // Go collects garbage, so as to spoil the other's text
    return text.c_str();
  }
  std::string text;
};
PROGRAM(double_panic) {
  return in_goroutine([] {
    try {
      throw stringer("XXX");
    } catch (...) {
      std::throw_with_nested(stringer("YYY"));
    }
  });
}
TEST(Crash, DoublePanic) { expect_end("double_panic", "panic: YYY\n\tcaused by: XXX\n\n"); }

}  // namespace

// Not in the unnamed namespace, and not the last thing that their callers do: the stack names them.
volatile int panic_levels = 0;
[[gnu::noinline]] void panic_level_2() {
  try {
    throw std::runtime_error("hello");
  } catch (...) {
    std::throw_with_nested(std::runtime_error("panic pt2"));
  }
}
[[gnu::noinline]] void panic_level_1() {
  try {
    panic_level_2();
  } catch (...) {
    panic_levels = 1;
    std::throw_with_nested(std::runtime_error("panic pt1"));
  }
}

namespace {

PROGRAM(panic_traceback) {
  return in_goroutine([] { panic_level_1(); });
}
TEST(Crash, PanicTraceback) {
  const auto o = test::run_program("panic_traceback");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(
      "panic: panic pt1\n\tcaused by: panic pt2\n\tcaused by: hello\n\ngoroutine "))
      << o.err;
  EXPECT_TRUE(o.err_has("panic_level_1")) << o.err;
}

// --- fatal errors

PROGRAM(go_nil) {
  return offset::run([] {
    try {
      offset::go(std::function<void()>());
    } catch (...) {
      std::puts("caught");
    }
    select();
  });
}
TEST(Crash, GoNil) {
  expect_end("go_nil", "fatal error: go of nil func value\n\ngoroutine 1 [running]:\n");
}

PROGRAM(main_goroutine_id) {
  return in_goroutine([] {
    std::printf("%llu", static_cast<unsigned long long>(offset::goroutine_id()));
    throw std::string("test");
  });
}
PROGRAM(main_leaves_run) {
  try {
    offset::run([] { throw std::string("test"); });
  } catch (const std::string& e) {
    return e == "test" ? 7 : 1;
  }
  return 2;
}
TEST(Crash, MainGoroutineID) {
  const auto o = test::run_program("main_goroutine_id");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with("panic: test\n\ngoroutine " + o.out + " [running]:\n")) << o.err;
  // Main is goroutine 1 (GoNil above); what it throws is for whoever called run.
  const auto main = test::run_program("main_leaves_run");
  EXPECT_EQ(main.status, 7);
  EXPECT_EQ(main.err, "");
}

PROGRAM(no_helper_goroutines) {
  // Timers have fired, calls have blocked and a pinned one has ended: nobody is left but main.
  return offset::run([] {
    auto c = make_chan<void>();
    auto timer = offset::time::after_func(0s, [=] { c.send(); });
    c.recv();
    offset::blocking([] {});
    offset::time::ticker ticker(1us);
    ticker.c().recv();
    ticker.stop();
    offset::go({.pinned = true}, [=] { c.send(); });
    c.recv();
    if (!test::await([] { return offset::num_goroutines() == 1; })) return;
    select();
  });
}
PROGRAM(no_helper_goroutines_panic) {
  return in_goroutine([] {
    const auto pending = offset::time::after_func(1h, [] {});
    throw std::string("oops");
  });
}
TEST(Crash, NoHelperGoroutines) {
  for (const char* name : {"no_helper_goroutines", "no_helper_goroutines_panic"}) {
    const auto o = test::run_program(name);
    EXPECT_EQ(o.status, 2);
    const std::size_t first = o.err.find("\ngoroutine ");
    EXPECT_NE(first, std::string::npos);
    EXPECT_EQ(o.err.find("\ngoroutine ", first + 1), std::string::npos) << o.err;
  }
}

volatile bool deeper = true;
[[gnu::noinline]] int recurse(int n) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(n);
  return (deeper ? recurse(n + 1) : 0) + frame[0];
}
PROGRAM(stack_overflow) {
  return offset::run([] {
    offset::go({.stack_size = 1 << 20}, [] { std::printf("%d", recurse(0)); });
    select();
  });
}
TEST(Crash, StackOverflow) {
  if (test::sanitized) GTEST_SKIP() << "the sanitizer reports it";
  const auto o = test::run_program("stack_overflow");
  EXPECT_EQ(o.status, 2);
  unsigned limit = 0;  // what can be used of it; the guard is part of the size
  EXPECT_EQ(std::sscanf(o.err.c_str(), "runtime: goroutine stack exceeds %u-byte limit\n", &limit),
            1)
      << o.err;
  EXPECT_LE(limit, 1U << 20);
  EXPECT_GE(limit, 900U << 10);
  EXPECT_TRUE(o.err_has("\nfatal error: stack overflow\n\n")) << o.err;
  EXPECT_TRUE(o.err_has("\nruntime: sp=0x")) << o.err;
  EXPECT_TRUE(o.err_has(" stack=[0x")) << o.err;
}

// Go ends a program that wants an eleventh thread of ten. Here calls that block wait for their
// turn; only when all ten wait for an eleventh call is there no way on, and the call is refused.
PROGRAM(thread_exhaustion) {
  return offset::run({.io_threads = 10}, [] {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    offset::sync::wait_group all;
    for (int i = 0; i < 100; ++i)
      all.go([&] {
        offset::blocking([&] {
          const int now = ++inside;
          for (int seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          std::this_thread::sleep_for(1ms);
          --inside;
        });
      });
    all.wait();
    if (most.load() > 10) return 3;
    auto c = make_chan<void>();
    for (int i = 0; i < 10; ++i) all.go([=] { offset::blocking([=] { c.recv(); }); });
    try {
      if (!test::await_receivers(c, 10)) return 4;
      offset::blocking([=] { c.close(); });
      return 5;
    } catch (const std::system_error&) {
      c.close();
    }
    all.wait();
    return 0;
  });
}
TEST(Crash, ThreadExhaustion) {
  const auto o = test::run_program("thread_exhaustion", {}, 60s);
  EXPECT_EQ(o.status, 0) << o.err;
}

// --- what is thrown, and printing it

template <class F>
bool is_runtime_error(F f) {
  try {
    f();
  } catch (const offset::panic_error&) {
    return true;
  } catch (...) {
    return false;
  }
  return false;
}
TEST(Crash, RuntimePanicWithRuntimeError) {
  offset::run([] {
    auto c = make_chan<void>();
    c.close();
    EXPECT_TRUE(is_runtime_error([=] { c.close(); }));
    EXPECT_TRUE(is_runtime_error([=] { c.send(); }));
    EXPECT_TRUE(is_runtime_error([=] { select(c.if_send()); }));
    EXPECT_TRUE(is_runtime_error([] { make_chan<bool>(-1); }));
    EXPECT_TRUE(is_runtime_error([] { chan<bool>().close(); }));
  });
}

struct error_that_yields : std::exception {
  const char* what() const noexcept override {
    for (int i = 0; i < 10; ++i) offset::yield();
    return "errorThatGosched";
  }
};
struct error_that_prints : std::exception {
  const char* what() const noexcept override {
    std::puts("1");
    std::puts("2");
    return "3";
  }
};
PROGRAM(gosched_in_panic) {
  return in_goroutine([] { throw error_that_yields(); });
}
PROGRAM(syscall_in_panic) {
  return in_goroutine([] { throw error_that_prints(); });
}
TEST(Crash, PanicDeadlockGosched) {
  expect_end("gosched_in_panic", "panic: errorThatGosched\n\ngoroutine ");
}
TEST(Crash, PanicDeadlockSyscall) {
  expect_end("syscall_in_panic", "panic: 3\n\ngoroutine ", "1\n2\n");
}

// what() may not throw: C++ ends the program on the spot, where Go says "panic while printing panic
// value". It ends, at any rate.
void (*volatile throws_while_printing)() = [] { throw std::string("double error"); };
struct error_that_throws : std::exception {
  const char* what() const noexcept override {
    throws_while_printing();
    return "";
  }
};
PROGRAM(panic_loop) {
  return in_goroutine([] { throw error_that_throws(); });
}
TEST(Crash, PanicLoop) {
  const auto o = test::run_program("panic_loop");
  EXPECT_FALSE(o.timed_out);
  EXPECT_EQ(o.signal, SIGABRT) << o.err;
}

PROGRAM(string_panic) {
  return in_goroutine([] { throw "important string message"; });
}
PROGRAM(nil_panic) {
  return in_goroutine([] { throw static_cast<const char*>(nullptr); });
}
TEST(Crash, PanicWhilePanicking) {
  expect_end("string_panic", "panic: important string message\n\n");
  expect_end("nil_panic", "panic: nil\n\n");
}

// Main returns while another goroutine panics: as a rule the panic is told, and if main was first,
// nothing of it is.
PROGRAM(panic_race) {
  return offset::run([] {
    offset::sync::wait_group group;
    group.add(1);
    offset::go([&] {
      const test::defer done([&] {
        group.done();
        offset::yield();
      });
      throw std::string("crash");
    });
    group.wait();
  });
}
TEST(Crash, PanicRace) {
  int told = 0;
  for (int i = 0; i < 10; ++i) {
    const auto o = test::run_program("panic_race");
    if (o.status == 0) {
      EXPECT_EQ(o.err, "");
      continue;
    }
    ++told;
    EXPECT_EQ(o.status, 2);
    EXPECT_TRUE(o.err.starts_with("panic: crash\n\ngoroutine ")) << o.err;
    EXPECT_TRUE(o.err_has("\ncreated by ")) << o.err;
  }
  EXPECT_GT(told, 0);
}

}  // namespace
