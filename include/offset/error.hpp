/// \file
/// What can go wrong: the exceptions that stand for Go's panics, and the status of a channel
/// operation.
#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include <offset/config.hpp>

namespace offset::inline v0 {

/// A misuse that panics in Go: carries Go's message. Catching it is Go's `recover`; nobody catching
/// it ends the program as a panic does, with exit status 2.
class OFFSET_API panic_error : public std::logic_error {
 public:
  explicit panic_error(const char* what) : std::logic_error(what) {}
  explicit panic_error(const std::string& what) : std::logic_error(what) {}
  panic_error(const panic_error&) = default;
  panic_error& operator=(const panic_error&) = default;
  ~panic_error() override;
};

/// A send on a closed channel, also one that was waiting when the channel was closed.
class OFFSET_API closed_channel : public panic_error {
 public:
  closed_channel() : panic_error("send on closed channel") {}
  closed_channel(const closed_channel&) = default;
  closed_channel& operator=(const closed_channel&) = default;
  ~closed_channel() override;
};

/// How an operation that may end without its effect ended.
enum class op_status : std::uint8_t {
  ok,           ///< performed
  would_block,  ///< a `try_` form found nothing ready
  closed,       ///< the channel is closed (a receive: and drained)
  timeout,      ///< the time came first
  canceled,     ///< the context was done first
};

/// What a panic handler is told. The views live as long as the call.
struct panic_info {
  std::uint64_t goroutine;       ///< its number; 0 when the panic happened outside one
  std::string_view message;      ///< "panic: WHAT" and the lines of nested exceptions
  std::string_view stack;        ///< where the exception was thrown
  std::exception_ptr exception;  ///< what was thrown
};

/// Called, on the goroutine that panicked and after its destructors ran, in place of ending the
/// program. When it returns, that goroutine has ended and the others go on. It must not throw.
using panic_handler = void (*)(const panic_info&);

/// Sets the handler for the whole process and returns the one before (nullptr: the default, which
/// prints as Go does and exits with status 2). Thread-safe.
OFFSET_API panic_handler set_panic_handler(panic_handler handler) noexcept;

}  // namespace offset::inline v0
