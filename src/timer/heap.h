// The timers of one P: a heap with four children a node, ordered by time. The entries carry the
// time beside the pointer, so that sifting touches no timer's memory, which usually is a sleeping
// stack.
//
// A timer is in one heap or in none; `where` is the heap, and is null when it is in none. Any
// thread may take it out at any time; it is put in by one at a time, who has seen it in none.
// Everything is under the heap's lock (rank timers), firing included: once remove() has returned,
// the timer's fire function is not running and will not run, which is what makes stop() exact.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/spin_lock.h"
#include "offset/detail/waiter.hpp"

namespace offset::inline v0::timers {

class heap;

/// What firing made ready; handed over after the lock is released.
struct fired {
  static constexpr std::size_t most = 32;
  struct call {
    void (*f)(void*) noexcept;  // on the carrier that fired it, outside the lock
    void* arg;
  };
  detail::sleeper wake[most];
  call start[most];
  std::uint32_t wakes = 0;
  std::uint32_t starts = 0;
  bool full() const noexcept { return wakes == most || starts == most; }
};

struct node {
  static constexpr std::uint32_t out = ~std::uint32_t{0};

  /// Called under the heap's lock, the timer being out of the heap. Answers the next time for one
  /// that repeats, base::never for one that does not. Must not wait, allocate, or add and remove
  /// timers.
  std::int64_t (*fire)(node& self, std::int64_t now, fired& into) noexcept = nullptr;
  std::int64_t when = 0;
  std::atomic<heap*> where{nullptr};
  std::uint32_t index = out;
};

class heap {
 public:
  heap() noexcept = default;
  heap(const heap&) = delete;
  heap& operator=(const heap&) = delete;

  /// Makes sure that one more add cannot fail; throws std::bad_alloc. Undone by add or unreserve.
  void reserve();
  void unreserve() noexcept;
  void add_reserved(node& n, std::int64_t when) noexcept;
  void add(node& n, std::int64_t when);

  /// True when it was still in: it will not fire. Complexity: O(log n).
  static bool remove(node& n) noexcept;

  /// Fires what is due, at most one batch. True when something is still due.
  bool fire(std::int64_t now, fired& into) noexcept;

  /// Fires one of those that are due first, chosen at random: for a testing bubble. False when none
  /// is due. O(n).
  bool fire_any(std::int64_t now, fired& into, base::random& random) noexcept;

  /// The end of the world: nothing fires any more, and timers that outlive it know.
  void clear() noexcept;

  /// The earliest time; base::never when empty. Read by any thread.
  std::int64_t earliest() const noexcept { return earliest_.load(std::memory_order_acquire); }

 private:
  struct entry {
    std::int64_t when;
    node* timer;
  };

  void place(std::size_t at, entry e) noexcept;
  void up(std::size_t at, entry e) noexcept;
  void down(std::size_t at, entry e) noexcept;
  void insert(node& n, std::int64_t when) noexcept;
  void erase(std::size_t at) noexcept;
  void fire_at(std::size_t at, std::int64_t now, fired& into) noexcept;
  void publish() noexcept;

  base::spin_lock lock_{base::rank::timers};
  std::atomic<std::int64_t> earliest_{base::never};
  std::vector<entry> entries_;
  std::size_t reserved_ = 0;
};

}  // namespace offset::inline v0::timers
