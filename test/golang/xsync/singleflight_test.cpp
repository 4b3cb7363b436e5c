// golang.org/x/sync/singleflight/singleflight_test.go.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::run;
using flight = offset::sync::single_flight<std::string, std::string>;

namespace {

// TestDo
TEST(GoSingleFlight, Do) {
  run([] {
    flight g;
    EXPECT_EQ(g.run("key", [] { return "bar"; }).value, "bar");
  });
}

// TestDoErr: an error is the caller's, as it was thrown.
TEST(GoSingleFlight, DoErr) {
  run([] {
    struct some_error : std::runtime_error {
      using std::runtime_error::runtime_error;
    };
    flight g;
    EXPECT_THROW(g.run("key", []() -> std::string { throw some_error("Some error"); }), some_error);
  });
}

// TestDoDupSuppress: fewer calls than callers.
TEST(GoSingleFlight, DoDupSuppress) {
  run([] {
    constexpr int n = 10;
    flight g;
    offset::sync::wait_group reached;
    offset::sync::wait_group all;
    auto c = make_chan<std::string>(1);
    std::atomic<int> calls{0};
    const auto fn = [&] {
      if (++calls == 1) reached.done();
      std::string v = c.recv().value();
      c.send(v);                  // for calls to come
      offset::time::sleep(10ms);  // let more of them in
      return v;
    };
    reached.add(1);
    for (int i = 0; i < n; ++i) {
      reached.add(1);
      all.go([&] {
        reached.done();
        EXPECT_EQ(g.run("key", fn).value, "bar");
      });
    }
    reached.wait();
    c.send("bar");
    all.wait();
    EXPECT_GT(calls.load(), 0);
    EXPECT_LT(calls.load(), n);
  });
}

// TestForget: a forgotten call runs on, the next is a new one, and later ones join that.
TEST(GoSingleFlight, Forget) {
  run([] {
    flight g;
    auto first_started = make_chan<void>();
    auto unblock_first = make_chan<void>();
    auto first_finished = make_chan<void>();
    offset::go([=, &g] {
      g.run("key", [=]() -> std::string {
        first_started.close();
        unblock_first.recv();
        first_finished.close();
        return "1";
      });
    });
    first_started.recv();
    g.forget("key");
    auto unblock_second = make_chan<void>();
    const auto second = g.run_chan("key", [=] {
      unblock_second.recv();
      return "2";
    });
    unblock_first.close();
    first_finished.recv();
    const auto third = g.run_chan("key", [] { return "3"; });
    unblock_second.close();
    EXPECT_EQ(second.recv().value().value, "2");
    EXPECT_EQ(third.recv().value().value, "2");
    // The first caller may still be on its way out of g.
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
  });
}

// TestDoChan
TEST(GoSingleFlight, DoChan) {
  run([] {
    flight g;
    EXPECT_EQ(g.run_chan("key", [] { return "bar"; }).recv().value().value, "bar");
  });
}

// TestPanicDo: the panic reaches every caller.
TEST(GoSingleFlight, PanicDo) {
  run([] {
    constexpr int n = 5;
    flight g;
    std::atomic<int> panics{0};
    offset::sync::wait_group all;
    for (int i = 0; i < n; ++i)
      all.go([&] {
        try {
          g.run("key", []() -> std::string {
            offset::yield();  // let the others in
            throw offset::panic_error("invalid memory address or nil pointer dereference");
          });
        } catch (const offset::panic_error&) {
          ++panics;
        }
      });
    all.wait();
    EXPECT_EQ(panics.load(), n);
  });
}

// TestGoexitDo: nobody hangs, and nobody goes on.
TEST(GoSingleFlight, GoexitDo) {
  run([] {
    constexpr int n = 5;
    flight g;
    std::atomic<int> went_on{0};
    offset::sync::wait_group all;
    for (int i = 0; i < n; ++i)
      all.go([&] {
        g.run("key", []() -> std::string {
          offset::yield();
          offset::goexit();
        });
        ++went_on;
      });
    all.wait();
    EXPECT_EQ(went_on.load(), 0);
  });
}

// TestPanicErrorUnwrap: what a caller catches is what was thrown, with its type and what is nested
// in it; there is no wrapper.
TEST(GoSingleFlight, PanicErrorUnwrap) {
  run([] {
    struct error_value : std::exception {
      const char* what() const noexcept override { return "error value"; }
    };
    flight g;
    EXPECT_THROW(g.run("error", []() -> std::string { throw error_value(); }), error_value);
    EXPECT_THROW(g.run("other", []() -> std::string { throw "string value"; }), const char*);
  });
}

// TestPanicDoChan: a panic in the channel form ends the program, whoever might catch it.
PROGRAM(panic_do_chan) {
  return run([] {
    try {
      flight g;
      const auto c =
          g.run_chan("", []() -> std::string { throw offset::panic_error("Panicking in DoChan"); });
      c.recv();
      std::puts("DoChan unexpectedly returned");
    } catch (...) {
      std::puts("DoChan unexpectedly threw");
    }
  });
}
TEST(GoSingleFlight, PanicDoChan) {
  const test::outcome o = test::run_program("panic_do_chan");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_EQ(o.out, "");
  EXPECT_TRUE(o.err.starts_with("panic: Panicking in DoChan\n\ngoroutine ")) << o.err;
}

// TestPanicDoSharedByDoChan: so does a panic in run that a channel shares, although run's caller
// would catch it.
PROGRAM(panic_do_shared_by_do_chan) {
  return run([] {
    auto blocked = make_chan<void>();
    auto unblock = make_chan<void>();
    flight g;
    offset::go([=, &g] {
      try {
        g.run("", [=]() -> std::string {
          blocked.close();
          unblock.recv();
          throw offset::panic_error("Panicking in Do");
        });
      } catch (const offset::panic_error&) {
        std::puts("Do unexpectedly threw");
      }
    });
    blocked.recv();
    const auto c = g.run_chan("", []() -> std::string {
      std::puts("DoChan unexpectedly executed callback");
      return "";
    });
    unblock.close();
    c.recv();
    std::puts("DoChan unexpectedly returned");
  });
}
TEST(GoSingleFlight, PanicDoSharedByDoChan) {
  const test::outcome o = test::run_program("panic_do_shared_by_do_chan");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_EQ(o.out, "");
  EXPECT_TRUE(o.err.starts_with("panic: Panicking in Do\n\ngoroutine ")) << o.err;
}

// ExampleGroup: the second function never runs, its caller shares the first one's result.
TEST(GoSingleFlight, ExampleGroup) {
  run([] {
    flight g;
    auto block = make_chan<void>();
    const auto answer = [block](const char* text) {
      return [block, text] {
        block.recv();
        return std::string(text);
      };
    };
    const auto c1 = g.run_chan("key", answer("func 1"));
    const auto c2 = g.run_chan("key", answer("func 2"));
    block.close();
    const auto first = c1.recv().value();
    const auto second = c2.recv().value();
    EXPECT_TRUE(second.shared);
    EXPECT_EQ(first.value, "func 1");
    EXPECT_EQ(second.value, "func 1");
  });
}

}  // namespace
