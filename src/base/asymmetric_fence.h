// A fence whose cost is paid by one side only: the hot side keeps the compiler from reordering and
// nothing else; the cold side makes every other thread of the process execute a full barrier
// (membarrier, private expedited). Used where the cold side is rare: sleeping on a contended lock,
// taking a goroutine out of the next slot of a carrier that does not come back.
//
// Where the kernel refuses membarrier, asymmetric_fence_heavy() answers false and its caller takes
// a way that needs no fence, or waits (asymmetric_fence_heavy_or_wait).
#pragma once

#include <atomic>

namespace offset::inline v0::base {

inline void asymmetric_fence_light() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// Registers with the kernel. Microseconds while the process has one thread, 10 to 20 ms later (the
/// kernel waits for every CPU): call it before the first thread is started. False where there is
/// none.
bool prepare_asymmetric_fence() noexcept;

/// About 0.4 µs alone, 8 µs with another CPU busy (measured on a 2-CPU KVM guest).
[[nodiscard]] bool asymmetric_fence_heavy() noexcept;

/// The same; where there is none it takes 10 ms, after which every store has long been seen.
void asymmetric_fence_heavy_or_wait() noexcept;

}  // namespace offset::inline v0::base
