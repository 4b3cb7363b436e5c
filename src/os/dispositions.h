// What the kernel does with a signal, and the handler that records those that are wanted.
//
// The handler runs on whatever thread the kernel picks, at any moment: it touches atomics and a
// semaphore. A signal is pending once, however often it comes before it is taken; different signals
// are never lost for one another.
//
// Calls that change something are made under one lock of the caller's.
#pragma once

#include <cstdint>

namespace offset::inline v0::os::dispositions {

/// Signals 1 to 64, a bit each.
using set = std::uint64_t;
constexpr set bit(int n) noexcept { return n >= 1 && n <= 64 ? set{1} << (n - 1) : 0; }

/// Those that the library lets be caught or ignored.
set all() noexcept;

/// Once, before anything is wanted or waited for.
void prepare() noexcept;

/// Recorded from now on.
void want(int n) noexcept;
/// No longer; as it was before the library touched it. A handler that has begun may still record
/// it: see idle().
void unwant(int n) noexcept;
/// Nothing happens when it comes.
void ignore(int n) noexcept;
bool is_ignored(int n) noexcept;
set wanted() noexcept;

/// No handler is just recording: what came before the last unwant or ignore can be taken.
bool idle() noexcept;
/// What was recorded since the last time.
set take() noexcept;

/// Waits until something was recorded, or nudge() was called. Now and then for nothing.
void wait() noexcept;
void nudge() noexcept;

}  // namespace offset::inline v0::os::dispositions
