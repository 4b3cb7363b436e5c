// The ends that Go's programs know: panics and fatal errors, printed as Go prints them, status 2.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "sched/g.h"

namespace offset::inline v0::sched {

/// An exception has left a goroutine; it is the one being handled. Returns only when a panic
/// handler is set and returned.
void panicked(g& self) noexcept;

/// The program is about to end with what a panic or fatal error has to say.
bool telling() noexcept;

/// "fatal error: TEXT", the calling goroutine's stack, status 2.
[[noreturn]] void fatal(std::string_view text) noexcept;
/// The same with a text of one's own after the first line, which begins with an empty line.
[[noreturn]] void fatal_with(std::string_view text, std::string_view rest) noexcept;

/// What `panic: ` is followed by for this exception, with the lines of what is nested in it.
std::string describe(const std::exception_ptr& error);

/// "goroutine N [state]:" and, for a named one, its name.
std::string header_of(const g& self, std::string_view state);

/// Writes to stderr, flushes stdout if its lock is free, and ends the program with status 2 (or
/// aborts, for OFFSET_TRACEBACK=crash).
[[noreturn]] void die(std::string_view text) noexcept;

}  // namespace offset::inline v0::sched
