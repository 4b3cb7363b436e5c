#include "base/futex.h"

#include <cerrno>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sanitizer.h"

namespace offset::inline v0::base {

OFFSET_NO_TSAN void futex_wait_raw(const void* word, std::uint32_t expected) noexcept {
  const int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
  errno = saved;
}

OFFSET_NO_TSAN bool futex_wait_until_raw(const void* word, std::uint32_t expected,
                                         std::int64_t deadline_ns) noexcept {
  const int saved = errno;
  timespec at{};
  if (deadline_ns > 0) {
    at.tv_sec = static_cast<std::time_t>(deadline_ns / 1'000'000'000);
    at.tv_nsec = static_cast<long>(deadline_ns % 1'000'000'000);
  }
  // The bitset form takes an absolute time on the monotonic clock.
  const long r = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, &at, nullptr,
                         FUTEX_BITSET_MATCH_ANY);
  const bool timed_out = r == -1 && errno == ETIMEDOUT;
  errno = saved;
  return !timed_out;
}

OFFSET_NO_TSAN void futex_wake_raw(const void* word, int n) noexcept {
  const int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, nullptr, nullptr, 0);
  errno = saved;
}

OFFSET_NO_TSAN void futex_wait(const std::atomic<std::uint32_t>& word,
                               std::uint32_t expected) noexcept {
  futex_wait_raw(&word, expected);
}
OFFSET_NO_TSAN bool futex_wait_until(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                                     std::int64_t deadline_ns) noexcept {
  return futex_wait_until_raw(&word, expected, deadline_ns);
}
OFFSET_NO_TSAN void futex_wake(const std::atomic<std::uint32_t>& word, int n) noexcept {
  futex_wake_raw(&word, n);
}

}  // namespace offset::inline v0::base
