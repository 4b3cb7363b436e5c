// What becomes of a failure that nobody took.
#pragma once

#include <exception>

#include "offset/context.hpp"
#include "sched/panic.h"

namespace offset::inline v0::grouping {

/// `error` says no more than that `ctx`, which was done before it came, is done.
bool only_reports(const context& ctx, const std::exception_ptr& error) noexcept;

/// An exception is on its way through the caller, which was made when `before` were: whoever
/// catches it learns that something went wrong. goexit's does not count.
bool is_unwinding(int before) noexcept;

/// From a destructor: a panic; or a line on stderr while another exception unwinds through it.
void untaken(const sched::failure& f, const char* of, bool unwinding) noexcept;

}  // namespace offset::inline v0::grouping
