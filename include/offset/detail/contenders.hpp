/// \file
/// Who sleeps for a lock, counted by the lock's address in a table of the library's.
///
/// A lock's owner unlocks by a plain store and then looks here whether somebody sleeps. It must not
/// look into the lock itself: as soon as it is unlocked another thread may lock it, unlock it, and
/// free it. Two locks that share a counter cost each other a needless wake, nothing more.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <offset/config.hpp>

namespace offset::inline v0::detail {

inline constexpr std::size_t contender_slots = 256;
OFFSET_API extern std::atomic<std::uint32_t> contender_table[contender_slots];
/// In the whole table: nearly always none, which one look tells.
OFFSET_API extern std::atomic<std::uint32_t> contenders_in_all;

inline std::atomic<std::uint32_t>& contenders_of(const void* lock) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(lock);
  return contender_table[(at >> 4 ^ at >> 12) % contender_slots];
}

/// One more sleeper, or one less. Before it sleeps, a barrier on every other thread must follow.
inline void count_contender(const void* lock) noexcept {
  contenders_in_all.fetch_add(1, std::memory_order_relaxed);
  contenders_of(lock).fetch_add(1, std::memory_order_seq_cst);
}
inline void uncount_contender(const void* lock) noexcept {
  contenders_of(lock).fetch_sub(1, std::memory_order_relaxed);
  contenders_in_all.fetch_sub(1, std::memory_order_relaxed);
}

/// Wakes one that sleeps on the 32 bits at `lock`, which may be gone.
OFFSET_API void wake_contender(const void* lock) noexcept;

/// After the store that unlocks: the light side of the asymmetric fence, and the look.
inline bool any_contender() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return contenders_in_all.load(std::memory_order_relaxed) != 0;
}
inline void wake_contender_if_any(const void* lock) noexcept {
  if (any_contender()) [[unlikely]]
    if (contenders_of(lock).load(std::memory_order_relaxed) != 0) wake_contender(lock);
}

}  // namespace offset::inline v0::detail
