// Go's src/context/example_test.go (and those of newer Go): each collects what Go's prints, line by
// line, and compares it with Go's Output comment.
#include <chrono>
#include <mutex>
#include <sstream>
#include <string>
#include <system_error>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::context;
using offset::make_chan;
using offset::run;
using offset::select;

namespace {

// ExampleWithCancel: a generator that its reader ends.
TEST(GoContextExample, WithCancel) {
  std::ostringstream out;
  run([&] {
    auto ended = make_chan<void>();
    const auto gen = [ended](const context& ctx) -> offset::recv_chan<int> {
      auto dst = make_chan<int>();
      offset::go([=] {
        int n = 1;
        while (select(ctx.if_done(), dst.if_send(n)) == 1) ++n;
        ended.close();
      });
      return dst;
    };
    auto [ctx, cancel] = context::with_cancel(context::background());
    for (int n : gen(ctx)) {
      out << n << '\n';
      if (n == 5) break;
    }
    cancel();
    ended.recv();  // the goroutine is not leaked
  });
  EXPECT_EQ(out.str(), "1\n2\n3\n4\n5\n");
}

// ExampleWithDeadline
TEST(GoContextExample, WithDeadline) {
  std::ostringstream out;
  run([&] {
    const auto d = std::chrono::steady_clock::now() + 1ms;
    auto [ctx, cancel] = context::with_deadline(context::background(), d);
    select(offset::time::after(1h).if_recv([&] { out << "overslept\n"; }),
           ctx.if_done([&, ctx = ctx] { out << ctx.err().message() << '\n'; }));
    cancel();
  });
  EXPECT_EQ(out.str(), "context deadline exceeded\n");
}

// ExampleWithTimeout
TEST(GoContextExample, WithTimeout) {
  std::ostringstream out;
  run([&] {
    auto [ctx, cancel] = context::with_timeout(context::background(), 1ms);
    select(offset::time::after(1h).if_recv([&] { out << "overslept\n"; }),
           ctx.if_done([&, ctx = ctx] { out << ctx.err().message() << '\n'; }));
    cancel();
  });
  EXPECT_EQ(out.str(), "context deadline exceeded\n");
}

// ExampleWithValue
TEST(GoContextExample, WithValue) {
  std::ostringstream out;
  using fav_context_key = offset::context_key<std::string>;
  const fav_context_key language("language");
  const fav_context_key color("color");
  const auto f = [&](const context& ctx, const fav_context_key& k) {
    if (const std::string* const v = ctx.value(k))
      out << "found value: " << *v << '\n';
    else
      out << "key not found: " << k.name() << '\n';
  };
  const context ctx = context::with_value(context::background(), language, "Go");
  f(ctx, language);
  f(ctx, color);
  EXPECT_EQ(out.str(), "found value: Go\nkey not found: color\n");
}

// ExampleAfterFunc_cond (Go 1.21): waiting on a condition until a context is done, the hard way.
TEST(GoContextExample, AfterFuncCond) {
  std::string out;
  run([&] {
    offset::sync::mutex m;
    offset::sync::cond changed(m);
    const auto wait_on_cond = [&](const context& ctx, std::unique_lock<offset::sync::mutex>& lock,
                                  auto condition) -> std::error_code {
      const auto stop = context::after_func(ctx, [&] {
        const std::lock_guard hold(m);
        changed.broadcast();
      });
      while (!condition()) {
        changed.wait(lock);
        if (const std::error_code e = ctx.err()) return e;
      }
      stop();
      return {};
    };
    offset::sync::wait_group all;
    auto ended = make_chan<std::string>(4);
    for (int i = 0; i < 4; ++i)
      all.go([&] {
        auto [ctx, cancel] = context::with_timeout(context::background(), 1ms);
        std::unique_lock lock(m);
        ended.send(wait_on_cond(ctx, lock, [] { return false; }).message());
      });
    all.wait();
    ended.close();
    for (const std::string& e : ended) out += e + '\n';
    // The last after_funcs use what is about to go.
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
  });
  EXPECT_EQ(out, "context deadline exceeded\ncontext deadline exceeded\n"
                 "context deadline exceeded\ncontext deadline exceeded\n");
}

// The same the short way: every wait takes a context.
TEST(GoContextExample, CondWithAContext) {
  run([] {
    offset::sync::mutex m;
    offset::sync::cond changed(m);
    auto [ctx, cancel] = context::with_timeout(context::background(), 1ms);
    std::unique_lock lock(m);
    EXPECT_EQ(changed.wait(ctx, lock, [] { return false; }), offset::op_status::canceled);
    EXPECT_EQ(ctx.err().message(), "context deadline exceeded");
  });
}

// ExampleAfterFunc_merge (Go 1.21): done when either of two contexts is.
TEST(GoContextExample, AfterFuncMerge) {
  std::string out;
  run([&] {
    const auto merge = [](const context& ctx, const context& cancel_ctx) {
      auto [merged, cancel] = context::with_cancel_cause(ctx);
      auto stop = context::after_func(
          cancel_ctx, [cancel = cancel, cancel_ctx] { cancel(cancel_ctx.cause()); });
      return std::tuple(merged, cancel, stop);
    };
    const auto text = [](const std::exception_ptr& e) -> std::string {
      try {
        std::rethrow_exception(e);
      } catch (const std::exception& x) {
        return x.what();
      }
    };
    auto [ctx1, cancel1] = context::with_cancel_cause(context::background());
    auto [ctx2, cancel2] = context::with_cancel_cause(context::background());
    auto [merged, merged_cancel, stop] = merge(ctx1, ctx2);
    cancel2(std::runtime_error("ctx2 canceled"));
    merged.done().recv();
    out = text(merged.cause());
    stop();
    merged_cancel();
  });
  EXPECT_EQ(out, "ctx2 canceled");
}

// ExampleWithoutCancel's point, and ExampleCause of the blog: work that goes on after its request.
TEST(GoContextExample, WorkThatOutlivesItsRequest) {
  run([] {
    const offset::context_key<std::string> id("id");
    auto [request, cancel] =
        context::with_cancel(context::with_value(context::background(), id, "42"));
    auto log = make_chan<std::string>(1);
    offset::go([log, &id, ctx = context::without_cancel(request)] {
      log.send(ctx, *ctx.value(id) + (ctx.err() ? " canceled" : " logged"));
    });
    cancel();
    EXPECT_EQ(*log.recv(), "42 logged");
  });
}

}  // namespace
