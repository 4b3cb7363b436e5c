// Go's defer for tests: what is to be done at the end of a scope, last in, first out.
//
//     const test::defer closing([&] { c.close(); });
//
// A deferred call may throw, as Go's may panic, unless the scope is left by an exception: where Go
// would let the new panic replace the old one, C++ ends the program.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace test {

/// Calls `f` at the end of the scope. What `f` captured by value was evaluated here, as the
/// arguments of Go's defer are.
template <class F>
class [[nodiscard]] defer {
 public:
  explicit defer(F f) : f_(std::move(f)) {}
  defer(const defer&) = delete;
  defer& operator=(const defer&) = delete;
  ~defer() noexcept(noexcept(std::declval<F&>()())) { f_(); }

 private:
  F f_;
};

/// The same for a number of calls that is known at run time only: defer in a loop.
class [[nodiscard]] defer_list {
 public:
  defer_list() = default;
  defer_list(const defer_list&) = delete;
  defer_list& operator=(const defer_list&) = delete;
  ~defer_list() noexcept(false) {
    while (!calls_.empty()) {
      const std::function<void()> last = std::move(calls_.back());
      calls_.pop_back();
      last();
    }
  }
  /// An empty function may be deferred; calling it throws std::bad_function_call.
  void add(std::function<void()> f) { calls_.push_back(std::move(f)); }

 private:
  std::vector<std::function<void()>> calls_;
};

}  // namespace test
