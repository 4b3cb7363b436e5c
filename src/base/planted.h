// Bugs on purpose, for test/planted: the proof that the tests would find them. None exists in the
// library as it is built; with OFFSET_PLANTED the environment variable OFFSET_PLANT names the one
// that is there.
#pragma once

#ifdef OFFSET_PLANTED
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>
#endif

namespace offset::inline v0::base {

enum class plant {
  loser_stays_queued,     // a select's loser is not taken out of its queue
  both_cases_complete,    // a select that was won may be won again
  unlocked_before_left,   // a channel is unlocked before the waiter's stack has been left
  timer_not_removed,      // stop leaves the timer in the heap
  ready_twice,            // a time-out makes a waiter ready that a sender has taken
  close_forgets_senders,  // close wakes receivers only
  child_not_canceled,     // a context's cancel does not reach what was derived from it
  barging,                // a freed slot is not given to the oldest blocked sender
  stale_tick,             // stop leaves the tick that nobody has received
  lost_group_error,       // a group keeps its first failure only
  overwritten_waiter,     // a waiter writes while the plain owner of a mutex is leaving
  unseen_request,         // ... asks it without a barrier
};

#ifdef OFFSET_PLANTED
inline bool planted(plant p) noexcept {
  static const int which = [] {
    constexpr std::string_view names[] = {
        "loser_stays_queued", "both_cases_complete",   "unlocked_before_left", "timer_not_removed",
        "ready_twice",        "close_forgets_senders", "child_not_canceled",   "barging",
        "stale_tick",         "lost_group_error",      "overwritten_waiter",   "unseen_request"};
    const char* const name = std::getenv("OFFSET_PLANT");
    if (name == nullptr) return -1;
    for (int i = 0; i < static_cast<int>(std::size(names)); ++i)
      if (names[i] == name) return i;
    std::abort();
  }();
  return which == static_cast<int>(p);
}
/// For a planted race: its window, long enough for a thread that lost its CPU to get one.
inline void widen_window() noexcept { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
#else
constexpr bool planted(plant) noexcept { return false; }
constexpr void widen_window() noexcept {}
#endif

}  // namespace offset::inline v0::base
