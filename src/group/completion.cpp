#include "offset/completion.hpp"

namespace offset::inline v0::detail {

void throw_completion_taken() {
  throw panic_error("offset: completion: get: its value was moved out already");
}

std::exception_ptr null_completion_error() noexcept {
  return std::make_exception_ptr(
      panic_error("offset: completion: set_exception with a null exception"));
}

}  // namespace offset::inline v0::detail
