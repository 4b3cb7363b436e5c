#include "offset/io/error.hpp"

#include <cstddef>
#include <new>
#include <string>

namespace offset::inline v0::io {
namespace {

class io_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "offset.io"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::eof: return "EOF";
      case errc::unexpected_eof: return "unexpected EOF";
      case errc::closed_pipe: return "io: read/write on closed pipe";
      case errc::short_write: return "short write";
    }
    return "offset.io error " + std::to_string(value);
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    if (static_cast<errc>(value) == errc::closed_pipe)
      return std::make_error_condition(std::errc::broken_pipe);
    return {value, *this};
  }
};

}  // namespace

const std::error_category& category() noexcept {
  // Never destroyed: codes may be compared while the program ends.
  alignas(io_category) static std::byte place[sizeof(io_category)];
  static const io_category& one = *::new (place) io_category;
  return one;
}

}  // namespace offset::inline v0::io
