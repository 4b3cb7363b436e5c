/// \file
/// Whether a testing bubble is alive in this process, for what must know without a call.
#pragma once

#include <atomic>

#include <offset/config.hpp>

namespace offset::inline v0::detail {

/// Relaxed everywhere: those that it concerns are started after it was set.
OFFSET_API extern std::atomic<bool> bubble_alive;

}  // namespace offset::inline v0::detail
