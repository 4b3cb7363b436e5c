/// \file
/// What the workloads share with their twins on Boost.Fiber (compare/boost_fiber/).
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace bench {

/// Work that no compiler shortens and no CPU overlaps, the same in every language: `steps` of an
/// xorshift generator, each of which waits for the one before. (Of a linear congruential one LLVM
/// makes one step of eight.) The seed is not 0.
inline std::uint64_t work(std::uint64_t seed, int steps) noexcept {
  for (int i = 0; i < steps; ++i) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
  }
  return seed;
}
inline constexpr int steps_in_100_ns = 60;  // at 3.6 GHz

/// The compiler must believe that the value is used.
template <class T>
void keep(const T& value) noexcept {
  asm volatile("" : : "m"(value) : "memory");
}

/// Bytes that the process occupies now.
inline double occupied() {
  std::ifstream status("/proc/self/status");
  double kilobytes = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:") || line.starts_with("VmPTE:"))
      kilobytes += std::stod(line.substr(6));
  return kilobytes * 1024;
}

/// Milliseconds of CPU that the process has used.
inline double used() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

}  // namespace bench
