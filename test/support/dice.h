// Random numbers for tests: the same seed gives the same ones.
#pragma once

#include <cstdint>

namespace test {

/// splitmix64: good from any state, near ones too.
class splitmix {
 public:
  explicit splitmix(std::uint64_t state) : state_(state) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return (x ^ (x >> 31)) >> 8;
  }

 private:
  std::uint64_t state_;
};

/// xorshift64*: cheap.
class xorshift {
 public:
  explicit xorshift(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0x1234567U) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DU >> 16;
  }

 private:
  std::uint64_t state_;
};

/// What is drawn from a generator, in `Number`s.
template <class Generator, class Number>
class dice {
 public:
  explicit dice(std::uint64_t seed) : generator_(seed) {}
  /// From 0 up to n - 1.
  Number below(Number n) {
    return static_cast<Number>(generator_.next() % static_cast<std::uint64_t>(n));
  }
  /// From `least` up to `most`.
  Number between(Number least, Number most) { return least + below(most - least + 1); }
  bool one_in(Number n) { return below(n) == 0; }

 private:
  Generator generator_;
};

}  // namespace test
