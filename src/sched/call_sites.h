// Which blocking calls are short. Told apart by their code (the closure's type), in a small table
// of each P: two that share an entry share a history, which costs time and nothing else.
//
// A call begins on the I/O pool. Once calls of its kind have been short many times it runs on the
// carrier (in_place.h), until some were long: a call that only now and then is short stays with the
// pool.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/sanitizer.h"

namespace offset::inline v0::sched {

class call_sites {
 public:
  using function = void (*)(void*);

  static constexpr std::uint64_t short_ticks = 60'000;         // coarse ticks: some 20 us
  static constexpr std::uint64_t very_long_ticks = 1'000'000;  // some 300 us

  // Plain arithmetic on plain arrays: the functions of the standard library would not be exempt.
  OFFSET_NO_TSAN bool is_short(function f) const noexcept {
    const entry& e = entries_[index_of(f)];
    return e.of == f && e.score >= enough;
  }

  OFFSET_NO_TSAN void took(function f, std::uint64_t ticks, bool in_place) noexcept {
    entry& e = entries_[index_of(f)];
    if (e.of != f) {
      e.of = f;
      e.score = 0;
    }
    if (ticks <= short_ticks)
      e.score += e.score < most ? 1 : 0;
    else if (ticks > very_long_ticks)
      e.score = -most;
    else
      e.score -= in_place ? most / 2 : most / 8;
    if (e.score < -most) e.score = -most;
  }

 private:
  static constexpr std::int32_t most = 64;
  static constexpr std::int32_t enough = 16;
  struct entry {
    function of = nullptr;
    std::int32_t score = 0;
  };
  OFFSET_NO_TSAN static std::size_t index_of(function f) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(f);
    return (at >> 4 ^ at >> 10) % size;
  }
  static constexpr std::size_t size = 64;
  entry entries_[size]{};
};

}  // namespace offset::inline v0::sched
