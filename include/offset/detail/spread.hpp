/// \file
/// For what is kept in several parts so that CPUs do not get in one another's way.
#pragma once

#include <offset/config.hpp>

namespace offset::inline v0::detail {

/// The CPUs this process may use, rounded up to a power of two, at least 4 and at most 32.
OFFSET_API unsigned spread_width() noexcept;

/// A number that few others get at the same time: that of the caller's P, or of its thread's CPU.
/// Only a hint: it can be another one by the time it is used.
OFFSET_API unsigned spread_hint() noexcept;

}  // namespace offset::inline v0::detail
