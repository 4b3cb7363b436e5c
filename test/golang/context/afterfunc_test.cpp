// Go's src/context/afterfunc_test.go. It gives the package a Context of the test's own that offers
// AfterFunc, and looks at how with_cancel and after_func register with it. Contexts are one type
// here; what brings another's cancellation is a stop token, which registers callbacks just so. The
// tests are kept with it in the other's place.
#include <stop_token>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::context;
using offset::context_errc;
using offset::make_chan;
using offset::op_status;
using offset::run;

namespace {

// TestCustomContextAfterFuncCancel
TEST(GoContextAfterFunc, ForeignCancel) {
  std::stop_source source;
  auto [ctx1, cancel1] = context::with_stop_token(context::background(), source.get_token());
  auto [ctx2, cancel2] = context::with_cancel(ctx1);
  source.request_stop();
  EXPECT_EQ(ctx2.done().try_recv(), op_status::closed);
  EXPECT_EQ(ctx2.err(), context_errc::canceled);
}

// TestCustomContextAfterFuncTimeout
TEST(GoContextAfterFunc, ForeignCancelBelowATimeout) {
  run([] {
    std::stop_source source;
    auto [ctx1, cancel1] = context::with_stop_token(context::background(), source.get_token());
    auto [ctx2, cancel2] = context::with_timeout(ctx1, 1h);
    EXPECT_EQ(ctx2.done().try_recv(), op_status::would_block);
    source.request_stop();
    EXPECT_EQ(ctx2.done().try_recv(), op_status::closed);
    EXPECT_EQ(ctx2.err(), context_errc::canceled);
  });
}

// TestCustomContextAfterFuncAfterFunc
TEST(GoContextAfterFunc, ForeignCancelRunsAfterFuncs) {
  run([] {
    std::stop_source source;
    auto [ctx, cancel] = context::with_stop_token(context::background(), source.get_token());
    auto ran = make_chan<void>();
    context::after_func(ctx, [=] { ran.close(); });
    source.request_stop();
    ran.recv();
  });
}

// TestCustomContextAfterFuncUnregisterCancel, ...UnregisterTimeout: the registration ends with the
// derived context. A request that finds one would touch what is gone; the other side of the token
// is asked for what it still has, by what a callback holds.
template <class Derive>
void registration_ends(Derive derive) {
  std::stop_source source;
  {
    auto [ctx1, cancel1] = context::with_stop_token(context::background(), source.get_token());
    auto [ctx2, cancel2] = derive(ctx1);
    cancel2();
    EXPECT_TRUE(ctx2.err());
    EXPECT_FALSE(ctx1.err());
  }
  source.request_stop();  // reaches nobody
}
TEST(GoContextAfterFunc, UnregisterCancel) {
  registration_ends([](const context& parent) { return context::with_cancel(parent); });
}
TEST(GoContextAfterFunc, UnregisterTimeout) {
  run([] {
    registration_ends([](const context& parent) { return context::with_timeout(parent, 1h); });
  });
}

// TestCustomContextAfterFuncUnregisterAfterFunc
TEST(GoContextAfterFunc, UnregisterAfterFunc) {
  run([] {
    std::stop_source source;
    auto held = std::make_shared<int>(1);
    auto [ctx, cancel] = context::with_stop_token(context::background(), source.get_token());
    auto stop = context::after_func(ctx, [held] { FAIL(); });
    EXPECT_EQ(held.use_count(), 2);
    EXPECT_TRUE(stop());
    EXPECT_EQ(held.use_count(), 1) << "nothing is registered any more";
    source.request_stop();
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
  });
}

}  // namespace
