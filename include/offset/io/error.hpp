/// \file
/// What reading and writing report: io::result, and the errors that Go's package io names.
#pragma once

#include <cstddef>
#include <system_error>
#include <type_traits>

#include <offset/config.hpp>

namespace offset::inline v0::io {

/// Errors of the room's own; those of the system come in std::system_category.
enum class errc {
  eof = 1,         ///< "EOF": no more input. Go: io.EOF
  unexpected_eof,  ///< "unexpected EOF": input ended in the middle. Go: io.ErrUnexpectedEOF
  closed_pipe,     ///< "io: read/write on closed pipe"; equals std::errc::broken_pipe too
  short_write,  ///< "short write": less was taken than given, with no error. Go: io.ErrShortWrite
};

/// The category of errc; its name is "offset.io".
OFFSET_API const std::error_category& category() noexcept;

inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}

/// How much was read or written, and why no more. As in Go both may be given: first see to `n`
/// bytes, then to the error.
///
///     auto [n, error] = reader.read(buffer);
struct result {
  std::size_t n = 0;
  std::error_code error{};

  /// True without an error.
  explicit operator bool() const noexcept { return !error; }
  /// n; an error is thrown as std::system_error.
  std::size_t value() const {
    if (error) throw std::system_error(error);
    return n;
  }
};

}  // namespace offset::inline v0::io

template <>
struct std::is_error_code_enum<offset::io::errc> : std::true_type {};
