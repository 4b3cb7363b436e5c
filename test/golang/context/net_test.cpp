// Go's src/context/net_test.go: the error of a deadline is one that the network's users understand:
// Timeout() and Temporary(). Here: it compares equal to std::errc::timed_out, as theirs do.
#include <system_error>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

namespace {

// TestDeadlineExceededIsNetError
TEST(GoContextNet, DeadlineExceededIsANetworkTimeout) {
  const auto [ctx, cancel] =
      offset::context::with_timeout(offset::context::background(), std::chrono::seconds(0));
  const std::error_code e = ctx.err();
  EXPECT_EQ(e, offset::context_errc::deadline_exceeded);
  EXPECT_TRUE(e == std::errc::timed_out);
  EXPECT_TRUE(e == std::make_error_condition(std::errc::timed_out));
  try {
    std::rethrow_exception(ctx.cause());
  } catch (const std::system_error& x) {
    EXPECT_TRUE(x.code() == std::errc::timed_out);
  }
}

}  // namespace
