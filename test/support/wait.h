// Waiting for events in tests: a goroutine that has parked, a condition that has come true. Never a
// sleep as a proof: the limits below only turn a hang into a failure.
#pragma once

#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>

#include <offset/offset.hpp>

namespace test {

using namespace std::chrono_literals;

/// Far beyond what anything takes on a busy machine under a sanitizer.
inline constexpr auto limit = 60s;

/// Gives way until `condition()` holds; false when that takes longer than `limit`.
template <class Condition>
[[nodiscard]] bool await(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    if (offset::goroutine_id() != 0)
      offset::yield();
    else
      std::this_thread::yield();
  }
  return true;
}

namespace detail {
template <class Handle>
std::size_t queued(const Handle& c, offset::detail::wait_queue offset::detail::chan_core::*queue) {
  offset::detail::chan_core* const core = offset::detail::access::core(c);
  const auto before = core->word.lock();
  std::size_t n = 0;
  for (const auto* w = (core->*queue).first; w != nullptr; w = w->next) ++n;
  core->word.unlock(before, before & offset::detail::chan_word::flags);
  return n;
}
}  // namespace detail

/// How many wait in a receive (or send) on the channel, selects included.
template <class Handle>
std::size_t receivers_of(const Handle& c) {
  return detail::queued(c, &offset::detail::chan_core::receivers);
}
template <class Handle>
std::size_t senders_of(const Handle& c) {
  return detail::queued(c, &offset::detail::chan_core::senders);
}

template <class Handle>
[[nodiscard]] bool await_receivers(const Handle& c, std::size_t n) {
  return await([&] { return receivers_of(c) == n; });
}
template <class Handle>
[[nodiscard]] bool await_senders(const Handle& c, std::size_t n) {
  return await([&] { return senders_of(c) == n; });
}

}  // namespace test
