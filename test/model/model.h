// What the models share: how many schedules, and what varies from one to the next.
//
// A model is a handful of goroutines with something to keep true of what they do together, run in a
// bubble under one seed after the other: even ones walk at random, odd ones go by priorities. The
// seed decides the schedule, and through `dice` also the shape: how many goroutines, capacities,
// who does what. A goroutine that is left waiting fails the bubble: that nothing is lost needs no
// assertion of its own.
//
// Goroutines of a bubble take turns: only at a call of the library can another one run. So what the
// models write down of what happens needs no lock, and is written down at the very moment.
//
// Two kinds. In the one everything happens at once, and the invariants hold for any order. In the
// other a director does one thing after the other and waits in between until all is quiet
// (`settle`): who holds what is then known exactly, and is compared with a sequential model.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <offset/testing/gtest.hpp>

#include "../support/dice.h"

namespace model {

/// $OFFSET_EXPLORE, or a thousand.
inline unsigned seeds() {
  const char* const text = std::getenv("OFFSET_EXPLORE");
  if (text == nullptr || *text == '\0') return 1'000;
  char* end = nullptr;
  const unsigned long n = std::strtoul(text, &end, 10);
  if (*end != '\0' || n == 0 || n > 1'000'000'000) {
    std::fprintf(stderr, "OFFSET_EXPLORE is \"%s\"; it must be a number from 1\n", text);
    std::exit(2);
  }
  return static_cast<unsigned>(n);
}

/// Numbers that follow from the bubble's seed; `salt` tells the dice of one bubble apart.
class dice : public ::test::dice<::test::splitmix, int> {
 public:
  explicit dice(std::uint64_t salt = 0)
      : ::test::dice<::test::splitmix, int>(offset::testing::seed() * 0x9E3779B97F4A7C15U +
                                            salt * 0xD1B54A32D192ED03U) {}
};

inline std::chrono::microseconds us(int n) { return std::chrono::microseconds(n); }

/// What the exception says; nothing without one.
inline std::string text_of(const std::exception_ptr& e) {
  try {
    if (e) std::rethrow_exception(e);
  } catch (const std::exception& x) {
    return x.what();
  }
  return "";
}

/// Waits until all the others wait for one another, or for time to pass.
inline void settle() { offset::testing::wait_idle(); }

/// A context that is done soon: in up to `most` microseconds, when all others wait; or cancelled by
/// a goroutine of its own, at any moment: when who waits with it has been woken, but does not run
/// yet.
inline offset::context_with_cancel for_a_while(dice& d, int most) {
  const auto background = offset::context::background();
  if (d.one_in(2)) return offset::context::with_timeout(background, us(d.below(most + 1)));
  auto made = offset::context::with_cancel(background);
  offset::go([cancel = made.cancel, gives_way = d.below(4)] {
    for (int i = 0; i < gives_way; ++i) offset::yield();
    cancel();
  });
  return made;
}

class test : public offset::testing::bubble_test {
 protected:
  template <class F>
  void explore(F&& f) {
    bubble_test::explore(seeds(), f);
  }
};

}  // namespace model
