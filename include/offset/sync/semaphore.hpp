/// \file
/// sync::semaphore: a weighted semaphore. golang.org/x/sync/semaphore.
#pragma once

#include <cstdint>

#include <offset/config.hpp>
#include <offset/detail/wait_room.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::sync {

/// First in, first out: a large request is not overtaken by small ones that come later. A request
/// for more than there will ever be waits for ever without holding up the others.
class semaphore {
 public:
  /// `n` units. Throws std::invalid_argument when negative.
  OFFSET_API explicit semaphore(std::int64_t n);
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  /// Waits until `n` units are free, and takes them.
  OFFSET_API void acquire(std::int64_t n = 1);
  /// The same until `ctx` is done at most: ok, or canceled (also when it was done at the start):
  /// then nothing was taken.
  OFFSET_API op_status acquire(const context& ctx, std::int64_t n = 1);
  /// Never waits; false as well while others wait.
  OFFSET_API bool try_acquire(std::int64_t n = 1) noexcept;
  /// Throws panic_error "semaphore: released more than held".
  OFFSET_API void release(std::int64_t n = 1);

 private:
  op_status acquire_until(const context* ctx, std::int64_t n);

  const std::int64_t size_;
  std::int64_t taken_ = 0;
  detail::wait_room room_;
};

}  // namespace offset::inline v0::sync
