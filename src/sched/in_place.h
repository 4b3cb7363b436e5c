// A blocking call that is likely to be short, run by the carrier instead of a thread of the I/O
// pool: without the two switches of threads.
//
// It runs on the carrier's own stack, which is as large as a thread's, with no goroutine current:
// it sees what a call on a thread of the pool would see. The goroutine waits meanwhile and is
// resumed right after it, but for every 16th call, so that others get their turn. A call that is
// over only when the world stops is resumed no more, as one on the pool.
//
// When such a call is long after all, the P stands still: sysmon sees p::in_place, takes it for
// stuck much sooner than one that computes, and lets another carrier run what waits. While there
// are such extra carriers no call is begun in place, so calls that wait for one another cannot use
// the carriers up.
#pragma once

#include <cstdint>

#include "sched/sched.h"

namespace offset::inline v0::sched {

/// From a goroutine. Runs f(arg), which does not throw, and remembers how long it took; or answers
/// false, because the goroutine has no P or is in a bubble, or calls like this one were not short
/// lately.
bool run_in_place(void (*f)(void*), void* arg) noexcept;
/// Remembers a call that ran on the pool.
void call_took(void (*f)(void*), std::uint64_t ticks) noexcept;

}  // namespace offset::inline v0::sched
