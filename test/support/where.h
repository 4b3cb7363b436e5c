// Says where in a loop a test failed. GoogleTest's SCOPED_TRACE keeps its places in the thread, and
// a goroutine may end its scope on another thread than it began it on: that crashes.
//
//     const test::where here("capacity " + std::to_string(cap));
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace test {

/// When the first failure of the test happens in its scope, adds one with `text`.
class [[nodiscard]] where {
 public:
  explicit where(std::string text)
      : text_(std::move(text)), failed_before_(testing::Test::HasFailure()) {}
  where(const where&) = delete;
  where& operator=(const where&) = delete;
  ~where() {
    if (!failed_before_ && testing::Test::HasFailure()) ADD_FAILURE() << "that was: " << text_;
  }

 private:
  const std::string text_;
  const bool failed_before_;
};

}  // namespace test
