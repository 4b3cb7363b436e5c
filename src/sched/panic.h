// The ends that Go's programs know: panics and fatal errors, printed as Go prints them, status 2.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "base/backtrace.h"
#include "sched/g.h"

namespace offset::inline v0::sched {

/// An exception has left a goroutine; it is the one being handled. Returns only when a panic
/// handler is set and returned.
void panicked(g& self) noexcept;

/// An exception that left a goroutine and is kept for somebody who waits: all that a panic would
/// have told.
struct failure {
  std::exception_ptr error;
  std::unique_ptr<base::backtrace> thrown_from;  // null when it was not thrown, but returned
  std::uint64_t goroutine = 0;
  const void* origin = nullptr;
};
/// The failure of the calling goroutine: the exception that is being handled, by a handler whose
/// try block has one for throw_site_probe before it; or `error`.
failure failure_here() noexcept;
failure failure_here(std::exception_ptr error) noexcept;
/// Nobody took it: what panicked would have done, with `note` in a line of its own, for the
/// goroutine that it came from. Returns only when a panic handler is set and returned.
void panicked(const failure& f, std::string_view note) noexcept;
/// A line on stderr, for an error that nobody can be told in another way.
void say(std::string_view line) noexcept;

/// The caller is a goroutine on which goexit was called.
bool is_exiting() noexcept;
/// The program is about to end with what a panic or fatal error has to say.
bool telling() noexcept;

/// "fatal error: TEXT", the calling goroutine's stack, status 2.
[[noreturn]] void fatal(std::string_view text) noexcept;
/// Makes the calling thread the one that tells how the program ends. Any other that calls it stays
/// there until the program is gone, and so would a second call by the same one.
void begin_dying() noexcept;
/// After begin_dying: as fatal, with `rest` for what follows the first line and an empty one.
[[noreturn]] void finish_fatal(std::string_view text, std::string_view rest) noexcept;

/// What `panic: ` is followed by for this exception, with the lines of what is nested in it.
std::string describe(const std::exception_ptr& error);

/// "goroutine N [state]:" and, for a named one, its name.
std::string header_of(const g& self, std::string_view state);

/// Writes to stderr, flushes stdout if its lock is free, and ends the program with status 2 (or
/// aborts, for OFFSET_TRACEBACK=crash).
[[noreturn]] void die(std::string_view text) noexcept;

}  // namespace offset::inline v0::sched
