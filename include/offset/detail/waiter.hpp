/// \file
/// One place in a channel's queue: who waits, for which operation, and where the value is.
///
/// A waiter lies on the stack of whoever waits. Who may touch what:
/// - `next`, `prev`, `core`, `queued`: only under the channel's lock.
/// - Whoever takes a waiter out of a queue (and, for a waiter with a claim, wins the claim, still
/// under
///   the lock) owns `elem` and `completed` until it makes `who` ready; the owner of the stack owns
///   them at all other times. One taker per waiter, one ready per wait.
/// - A taker that loses the claim leaves the waiter unqueued and touches nothing else.
#pragma once

#include <atomic>
#include <cstdint>

#include <offset/config.hpp>

namespace offset::inline v0::detail {

struct chan_core;

/// Who waits: a goroutine or a plain thread. Only the library looks inside.
using sleeper = std::uintptr_t;

/// What several ways of being woken (the cases of a select, a timer) compete for.
/// preparing -> open -> claimed by one; a timer may claim while still preparing.
class claim_word {
 public:
  static constexpr std::uint32_t preparing = 0;
  static constexpr std::uint32_t open = 1;
  static constexpr std::uint32_t by_time = 2;
  static constexpr std::uint32_t by_case = 3;  // + the case's index

  constexpr explicit claim_word(std::uint32_t state) noexcept : state_(state) {}

  /// Release: the winner's writes before it are seen by the woken through ready() anyway; acquire:
  /// the winner may read what the waiter published.
  bool win(std::uint32_t as, std::uint32_t expected = open) noexcept {
    return state_.compare_exchange_strong(expected, as, std::memory_order_acq_rel,
                                          std::memory_order_acquire);
  }
  /// Before anybody else knows of it.
  void reset(std::uint32_t state) noexcept { state_.store(state, std::memory_order_relaxed); }
  std::uint32_t load() const noexcept { return state_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint32_t> state_;
};

struct waiter {
  waiter* next = nullptr;
  waiter* prev = nullptr;
  chan_core* core = nullptr;  // null once the channel is gone
  void* elem = nullptr;       // a send: the value; a receive: raw storage for one, or null
  sleeper who = 0;
  claim_word* claim = nullptr;  // null: this waiter is its owner's only one
  std::uint32_t index = 0;      // the case's index, for the claim
  bool is_send = false;
  bool queued = false;
  bool completed = false;  // by a value; otherwise by close
};

struct wait_queue {
  waiter* first = nullptr;
  waiter* last = nullptr;
  bool empty() const noexcept { return first == nullptr; }
};

}  // namespace offset::inline v0::detail
