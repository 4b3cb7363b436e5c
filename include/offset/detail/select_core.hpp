/// \file
/// The select that does not depend on element types.
#pragma once

#include <cstddef>
#include <cstdint>

#include <offset/config.hpp>
#include <offset/detail/cases.hpp>
#include <offset/detail/waiter.hpp>

namespace offset::inline v0::detail {

/// Room that a select needs for each case while it runs; lies with the caller. Nothing is in it
/// until the select fills it in.
struct select_slot {
  select_slot() noexcept {}  // NOLINT(modernize-use-equals-default): `wait` has initializers
  union {
    waiter wait;  // made when it waits
  };
  std::uint32_t in_lock_order;
  std::uint32_t ready;  // the first few: the cases that look ready
};

struct select_result {
  enum class kind : std::uint8_t {
    performed,    // `index`; `ok`: by a value, not by close
    not_ready,    // nothing was ready, or the time came
    prepare,      // `index` is ready to send, but its value must be copied first
    prepare_all,  // the select has to wait: every unprepared case must be prepared first
    closed_send,  // `index` is a send to a closed channel
  };
  kind what;
  bool ok;
  std::size_t index;
};

/// `wait_ns`: detail::poll for a select with a default, detail::forever, or nanoseconds from now
/// (what is ready wins even when they are not positive). Nothing is changed unless `performed`.
OFFSET_API select_result select_run(const case_desc* cases, select_slot* slots, std::size_t n,
                                    std::int64_t wait_ns);

/// True when no case was ready at one instant, found without a lock; false proves nothing.
inline bool select_surely_not_ready(const case_desc* cases, std::size_t n) noexcept {
  constexpr std::size_t most = 4;
  if (n > most) return false;
  chan_word::value seen[most];
  for (std::size_t i = 0; i < n; ++i) {
    const case_desc& c = cases[i];
    if (c.core == nullptr) continue;
    seen[i] = c.core->word.load();
    const auto ready = c.is_send ? chan_word::sendable : chan_word::receivable;
    if ((seen[i] & (ready | chan_word::locked)) != 0) return false;
  }
  // Unchanged since: at the instant of the last load above, all of them were not ready.
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const case_desc& c = cases[i];
    if (c.core != nullptr && c.core->word.load() != seen[i]) return false;
  }
  return true;
}

}  // namespace offset::inline v0::detail
