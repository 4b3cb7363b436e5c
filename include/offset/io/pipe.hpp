/// \file
/// io::pipe: a pipe in memory, between goroutines. Go's io.Pipe.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include <offset/config.hpp>
#include <offset/io/error.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::io {

namespace detail_io {
struct pipe_state;
}
struct pipe_ends;

/// The end that is read from: a handle; a copy is the same end. All calls may be made at the same
/// time, by goroutines (which park) and by plain threads (which block). One that is
/// default-constructed is closed.
class pipe_reader {
 public:
  pipe_reader() noexcept = default;

  /// Waits for a writer, then takes from what it writes: up to all of `into`, from one write only.
  /// Once the writing end is closed: nothing, with its error (eof when it gave none). Once this end
  /// is: closed_pipe.
  OFFSET_API result read(std::span<std::byte> into) const;
  result read(std::span<char> into) const { return read(std::as_writable_bytes(into)); }
  /// The same, up to a context: once that is done, nothing is read, and the error is ctx.err(),
  /// which equals std::errc::operation_canceled or timed_out.
  OFFSET_API result read(const context& ctx, std::span<std::byte> into) const;
  result read(const context& ctx, std::span<char> into) const {
    return read(ctx, std::as_writable_bytes(into));
  }

  /// Writers that wait and later ones get closed_pipe.
  void close() const { close_with_error({}); }
  /// The same with an error of one's own (none: closed_pipe). The first error given stays.
  OFFSET_API void close_with_error(std::error_code why) const;

  /// False when it is default-constructed.
  explicit operator bool() const noexcept { return state_ != nullptr; }
  bool operator==(const pipe_reader&) const noexcept = default;

 private:
  friend pipe_ends pipe();
  std::shared_ptr<detail_io::pipe_state> state_;
};

/// The end that is written to: a handle like pipe_reader.
class pipe_writer {
 public:
  pipe_writer() noexcept = default;

  /// Waits until readers have taken all of it (of an empty one: until there was a read), or an end
  /// is closed: `n` is then what was taken, and the error the reader's (closed_pipe when it gave
  /// none, or when this end was closed). Nothing is kept: `from` is copied straight to the readers.
  /// Writes at the same time come one after the other, not mixed.
  OFFSET_API result write(std::span<const std::byte> from) const;
  result write(std::string_view from) const { return write(std::as_bytes(std::span(from))); }
  /// The same, up to a context: `n` is what was taken until it was done, the error ctx.err(), which
  /// equals std::errc::operation_canceled or timed_out.
  OFFSET_API result write(const context& ctx, std::span<const std::byte> from) const;
  result write(const context& ctx, std::string_view from) const {
    return write(ctx, std::as_bytes(std::span(from)));
  }

  /// Readers that wait and later ones get eof.
  void close() const { close_with_error({}); }
  /// The same with an error of one's own (none: eof). The first error given stays.
  OFFSET_API void close_with_error(std::error_code why) const;

  /// False when it is default-constructed.
  explicit operator bool() const noexcept { return state_ != nullptr; }
  bool operator==(const pipe_writer&) const noexcept = default;

 private:
  friend pipe_ends pipe();
  std::shared_ptr<detail_io::pipe_state> state_;
};

/// Both ends, for a structured binding.
struct pipe_ends {
  pipe_reader reader;
  pipe_writer writer;
};

/// A new pipe, with nothing between its ends: each write meets one or more reads. Letting go of the
/// handles of one end does not close it.
///
///     auto [reader, writer] = io::pipe();
OFFSET_API pipe_ends pipe();

}  // namespace offset::inline v0::io
