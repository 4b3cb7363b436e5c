/// \file
/// What the primitives of sync wait in: a short lock and a queue of waiters, first in, first out.
#pragma once

#include <atomic>
#include <cstdint>

#include <offset/config.hpp>

namespace offset::inline v0::detail {

struct room_waiter;

/// Zero-initialised memory is a valid empty room. The library does everything with it; the
/// destructor lets go of goroutines that still wait (whose reference dangles, or whose program
/// ends).
class wait_room {
 public:
  constexpr wait_room() noexcept = default;
  wait_room(const wait_room&) = delete;
  wait_room& operator=(const wait_room&) = delete;
  ~wait_room() {
    // Acquire: whoever was queued before the room was last unlocked is seen.
    static_cast<void>(lock_state.load(std::memory_order_acquire));
    if (first != nullptr || handed != nullptr) release_all();
  }

  std::atomic<std::uint32_t> lock_state{0};
  room_waiter* first = nullptr;
  room_waiter* last = nullptr;
  room_waiter* handed = nullptr;  // made ready, given something, and not running again yet

 private:
  OFFSET_API void release_all() noexcept;
};

}  // namespace offset::inline v0::detail
