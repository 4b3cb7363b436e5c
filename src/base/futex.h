// The kernel's futex, in the four forms the library uses. Every wait re-checks its own condition: a
// wake-up may be spurious, and a wake may be sent to an address whose owner is already gone.
#pragma once

#include <atomic>
#include <cstdint>

namespace offset::inline v0::base {

/// Sleeps while `*word == expected`. Returns after a wake, a signal, or at once when they differ.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected) noexcept;

/// As futex_wait, until `deadline_ns` on the monotonic clock. False when that time has passed.
bool futex_wait_until(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      std::int64_t deadline_ns) noexcept;

/// Wakes at most `n` sleepers.
void futex_wake(const std::atomic<std::uint32_t>& word, int n = 1) noexcept;

/// The same on a raw address: the low half of a 64-bit word, which must be little-endian.
void futex_wait_raw(const void* word, std::uint32_t expected) noexcept;
bool futex_wait_until_raw(const void* word, std::uint32_t expected,
                          std::int64_t deadline_ns) noexcept;
void futex_wake_raw(const void* word, int n) noexcept;

}  // namespace offset::inline v0::base
