#include <array>
#include <cstddef>
#include <ostream>

#include "offset/os/signal.hpp"

namespace offset::inline v0::os {
namespace {

constexpr std::array<const char*, 32> names{
    nullptr,
    "hangup",
    "interrupt",
    "quit",
    "illegal instruction",
    "trace/breakpoint trap",
    "aborted",
    "bus error",
    "floating point exception",
    "killed",
    "user defined signal 1",
    "segmentation fault",
    "user defined signal 2",
    "broken pipe",
    "alarm clock",
    "terminated",
    "stack fault",
    "child exited",
    "continued",
    "stopped (signal)",
    "stopped",
    "stopped (tty input)",
    "stopped (tty output)",
    "urgent I/O condition",
    "CPU time limit exceeded",
    "file size limit exceeded",
    "virtual timer expired",
    "profiling timer expired",
    "window changed",
    "I/O possible",
    "power failure",
    "bad system call",
};

}  // namespace

std::string to_string(signal s) {
  const auto n = static_cast<std::size_t>(static_cast<int>(s));
  if (n < names.size() && names[n] != nullptr) return names[n];
  return "signal " + std::to_string(static_cast<int>(s));
}

std::ostream& operator<<(std::ostream& to, signal s) { return to << to_string(s); }

}  // namespace offset::inline v0::os
