// A call stack: taken as addresses, turned into text only when it is printed.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace offset::inline v0::base {

struct backtrace {
  static constexpr std::size_t most = 64;
  std::array<const void*, most> frames{};
  std::size_t count = 0;
  bool cut = false;  // there were more

  /// The caller's stack, without the first `skip` callers.
  [[gnu::noinline]] void take(std::size_t skip) noexcept;
};

/// Appends two lines a frame: the function, and its module and offset for addr2line. Frames of the
/// library's own that carry a goroutine (below its function, above its wait) are left out.
void append(std::string& to, const backtrace& b);

/// "module+0xoffset" and the function of one address.
std::string describe_address(const void* at);

/// The name as it is written in the source.
std::string demangle(const char* name);

}  // namespace offset::inline v0::base
