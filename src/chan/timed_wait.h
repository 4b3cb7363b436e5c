// A send or receive with a deadline that could not be performed at once: a select of one case.
#pragma once

#include "offset/detail/chan_core.hpp"

namespace offset::inline v0::chan_impl {

/// Answers ok, closed or timeout.
op_status timed_operation(detail::chan_core& c, void* elem, bool sending, std::int64_t deadline);

}  // namespace offset::inline v0::chan_impl
