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

inline std::atomic<std::uint32_t>& contenders_of(const void* lock) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(lock);
  return contender_table[(at >> 4 ^ at >> 12) % contender_slots];
}

/// The slow side of unlocking: wakes one that sleeps on the 32 bits at `lock`, which may be gone.
OFFSET_API void wake_contender(const void* lock) noexcept;

}  // namespace offset::inline v0::detail
