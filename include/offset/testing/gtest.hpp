/// \file
/// Bubbles in GoogleTest. The one header of offset that needs it, and that offset.hpp leaves out.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <offset/testing/bubble.hpp>
#include <offset/testing/explore.hpp>

namespace offset::inline v0::testing {

/// A fixture whose bubbles fail the test rather than throw when goroutines are left that wait, and
/// which tells the seed, and how to run the test with it, whenever one fails:
///
///     using parcels = offset::testing::bubble_test;
///     TEST_F(parcels, ArriveInOrder) { explore(1'000, [] { … EXPECT_EQ(…) … }); }
class bubble_test : public ::testing::Test {
 protected:
  template <class F>
  void bubble(options o, F&& f) {
    one(o, f);
  }
  template <class F>
  void bubble(F&& f) {
    one(options{}, f);
  }

  /// Stops at the first seed with a failure.
  template <class F>
  void explore(unsigned n, options o, F&& f) {
    for (const std::uint64_t s : seeds(n, o)) {
      o.seed = s;
      one(o, f);
      if (HasFailure()) return;
    }
  }
  template <class F>
  void explore(unsigned n, F&& f) {
    explore(n, options{}, std::forward<F>(f));
  }

 private:
  template <class F>
  static void one(options o, F& f) {
    if (o.rerun_with.empty()) {
      const auto* const info = ::testing::UnitTest::GetInstance()->current_test_info();
      if (info != nullptr)
        o.rerun_with =
            std::string("--gtest_filter=") + info->test_suite_name() + "." + info->name();
    }
    const bool failed_before = HasFailure();
    std::uint64_t used = 0;
    try {
      v0::testing::bubble(o, [&] {
        used = seed();
        static_cast<void>(std::invoke(f));
      });
    } catch (const bubble_error& e) {
      ADD_FAILURE() << e.what();  // its seed has been told
      return;
    }
    if (!failed_before && HasFailure()) detail_testing::report(detail_testing::rerun_line(o, used));
  }
};

}  // namespace offset::inline v0::testing
