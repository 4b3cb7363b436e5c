// A small generator for choices that must be fair and fast: which ready case, which victim. One per
// carrier and one per plain thread; never for secrets. (xorshift64*, period 2^64 - 1.)
#pragma once

#include <cstdint>

#include "base/sanitizer.h"

namespace offset::inline v0::base {

class random {
 public:
  constexpr explicit random(std::uint64_t seed) noexcept : state_(mix(seed)) {}

  // A carrier's is used by the goroutines that it runs, one after the other (base/sanitizer.h).
  OFFSET_NO_TSAN std::uint32_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1DULL) >> 32);
  }

  /// Uniform in [0, n), n > 0, by multiplication: the bias is below n / 2^32.
  std::uint32_t below(std::uint32_t n) noexcept {
    return static_cast<std::uint32_t>((std::uint64_t{next()} * n) >> 32);
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    x ^= x >> 31;
    return x != 0 ? x : 1;
  }

  std::uint64_t state_;
};

}  // namespace offset::inline v0::base
