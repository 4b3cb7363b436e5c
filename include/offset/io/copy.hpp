/// \file
/// io::read_full, read_all and copy: what Go's package io does with any reader and writer.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include <offset/config.hpp>
#include <offset/io/error.hpp>

namespace offset::inline v0::io {

/// What can be read from: `read` takes at least one byte, waiting for it, or gives an error;
/// errc::eof at the end. Go: io.Reader.
template <class R>
concept reader = requires(R& r, std::span<std::byte> into) {
  { r.read(into) } -> std::same_as<result>;
};

/// What can be written to: `write` takes everything, or gives an error. Go: io.Writer.
template <class W>
concept writer = requires(W& w, std::span<const std::byte> from) {
  { w.write(from) } -> std::same_as<result>;
};

/// Reads until `into` is full. When the input ends before: eof if nothing was read, else
/// unexpected_eof. Go: io.ReadFull.
template <reader R>
result read_full(R&& from, std::span<std::byte> into) {
  std::size_t n = 0;
  while (n < into.size()) {
    const result got = from.read(into.subspan(n));
    n += got.n;
    if (!got.error || n >= into.size()) continue;
    if (n > 0 && got.error == errc::eof) return {n, errc::unexpected_eof};
    return {n, got.error};
  }
  return {n, {}};
}
template <reader R>
result read_full(R&& from, std::span<char> into) {
  return read_full(from, std::as_writable_bytes(into));
}

/// Everything up to the end of the input, which is no error. `error` is set to what came before the
/// end, or cleared; what was read until then is returned. Go: io.ReadAll.
template <reader R>
std::string read_all(R&& from, std::error_code& error) {
  constexpr std::size_t least = 512;
  std::string all;
  std::size_t n = 0;
  do {
    if (all.size() - n < least) all.resize(all.size() + (all.size() < least ? least : all.size()));
    const result got = from.read(std::as_writable_bytes(std::span(all).subspan(n)));
    n += got.n;
    error = got.error;
  } while (!error);
  if (error == errc::eof) error.clear();
  all.resize(n);
  return all;
}
/// The same; an error is thrown as std::system_error.
template <reader R>
std::string read_all(R&& from) {
  std::error_code error;
  std::string all = read_all(from, error);
  if (error) throw std::system_error(error);
  return all;
}

/// Writes to `to` what can be read from `from`, up to its end, which is no error. `n` is how much
/// was written. Go: io.Copy.
template <writer W, reader R>
result copy(W&& to, R&& from) {
  constexpr std::size_t size = 32 * 1024;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(size);
  std::size_t n = 0;
  for (;;) {
    const result got = from.read(std::span(buffer.get(), size));
    if (got.n > 0) {
      const result put = to.write(std::span<const std::byte>(buffer.get(), got.n));
      n += put.n;
      if (put.error) return {n, put.error};
      if (put.n < got.n) return {n, errc::short_write};
    }
    if (got.error == errc::eof) return {n, {}};
    if (got.error) return {n, got.error};
  }
}

}  // namespace offset::inline v0::io
