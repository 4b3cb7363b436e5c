/// \file
/// testing::explore: the same function under many schedules.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <offset/config.hpp>
#include <offset/testing/bubble.hpp>

namespace offset::inline v0::testing {

/// The seeds that explore goes through: $OFFSET_SEED alone when it is set; else `n` of them,
/// counting up from the options' (default 1).
OFFSET_API std::vector<std::uint64_t> seeds(unsigned n, const options& o);

/// Runs `f` in a bubble under each of `n` seeds: the same ones each time, half of them random
/// walks, half by priorities, unless the options say otherwise. Ends with the first bubble that
/// throws, whose seed is written to stderr. `f` must set up anew what it uses.
template <class F>
void explore(unsigned n, options o, F&& f) {
  for (const std::uint64_t s : seeds(n, o)) {
    o.seed = s;
    bubble(o, f);
  }
}
template <class F>
void explore(unsigned n, F&& f) {
  explore(n, options{}, std::forward<F>(f));
}

}  // namespace offset::inline v0::testing
