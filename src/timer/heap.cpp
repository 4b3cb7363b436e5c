#include "timer/heap.h"

#include <algorithm>

#include "base/planted.h"

namespace offset::inline v0::timers {
namespace {
constexpr std::size_t children = 4;
}

void heap::place(std::size_t at, entry e) noexcept {
  entries_[at] = e;
  e.timer->index = static_cast<std::uint32_t>(at);
}

void heap::up(std::size_t at, entry e) noexcept {
  while (at > 0) {
    const std::size_t parent = (at - 1) / children;
    if (entries_[parent].when <= e.when) break;
    place(at, entries_[parent]);
    at = parent;
  }
  place(at, e);
}

void heap::down(std::size_t at, entry e) noexcept {
  const std::size_t n = entries_.size();
  for (;;) {
    const std::size_t first = at * children + 1;
    if (first >= n) break;
    std::size_t least = first;
    for (std::size_t c = first + 1; c < std::min(first + children, n); ++c)
      if (entries_[c].when < entries_[least].when) least = c;
    if (e.when <= entries_[least].when) break;
    place(at, entries_[least]);
    at = least;
  }
  place(at, e);
}

void heap::publish() noexcept {
  // Release: whoever sees the time also sees the timer when it takes the lock.
  earliest_.store(entries_.empty() ? base::never : entries_.front().when,
                  std::memory_order_release);
}

void heap::insert(node& n, std::int64_t when) noexcept {
  n.when = when;
  n.where.store(this, std::memory_order_relaxed);
  entries_.push_back({when, &n});  // within the reserved capacity
  up(entries_.size() - 1, {when, &n});
  publish();
}

void heap::erase(std::size_t at) noexcept {
  entries_[at].timer->index = node::out;
  const entry last = entries_.back();
  entries_.pop_back();
  if (at == entries_.size()) return;
  if (at > 0 && last.when < entries_[(at - 1) / children].when)
    up(at, last);
  else
    down(at, last);
}

void heap::reserve() {
  lock_.lock();
  try {
    const std::size_t need = entries_.size() + reserved_ + 1;
    if (need > entries_.capacity()) entries_.reserve(std::max<std::size_t>(64, need * 2));
    ++reserved_;
  } catch (...) {
    lock_.unlock();
    throw;
  }
  lock_.unlock();
}

void heap::unreserve() noexcept {
  lock_.lock();
  --reserved_;
  lock_.unlock();
}

void heap::add_reserved(node& n, std::int64_t when) noexcept {
  lock_.lock();
  --reserved_;
  insert(n, when);
  lock_.unlock();
}

void heap::add(node& n, std::int64_t when) {
  lock_.lock();
  try {
    const std::size_t need = entries_.size() + reserved_ + 1;
    if (need > entries_.capacity()) entries_.reserve(std::max<std::size_t>(64, need * 2));
  } catch (...) {
    lock_.unlock();
    throw;
  }
  insert(n, when);
  lock_.unlock();
}

bool heap::remove(node& n) noexcept {
  if (base::planted(base::plant::timer_not_removed))
    return n.where.load(std::memory_order_acquire) != nullptr;
  // Acquire: pairs with the end of fire, after which the heap touches the timer no more.
  while (heap* const where = n.where.load(std::memory_order_acquire)) {
    where->lock_.lock();
    // Meanwhile it may have been taken out, and put into another heap.
    const bool found = n.where.load(std::memory_order_relaxed) == where;
    const bool in = found && n.index != node::out;  // not if it is just firing
    if (in) {
      where->erase(n.index);
      where->publish();
      // Release: whoever finds it in no heap may put it into another.
      n.where.store(nullptr, std::memory_order_release);
    }
    where->lock_.unlock();
    if (found) return in;
  }
  return false;
}

void heap::clear() noexcept {
  lock_.lock();
  for (const entry& e : entries_) {
    e.timer->index = node::out;
    e.timer->where.store(nullptr, std::memory_order_release);  // as in remove
  }
  entries_.clear();
  publish();
  lock_.unlock();
}

bool heap::fire(std::int64_t now, fired& into) noexcept {
  if (earliest() > now) return false;
  lock_.lock();
  bool more = false;
  while (!entries_.empty() && entries_.front().when <= now) {
    if (into.full()) {
      more = true;
      break;
    }
    fire_at(0, now, into);
  }
  publish();
  lock_.unlock();
  return more;
}

void heap::fire_at(std::size_t at, std::int64_t now, fired& into) noexcept {
  node& n = *entries_[at].timer;
  erase(at);
  const std::int64_t again = n.fire(n, now, into);
  if (again != base::never) {
    n.when = again;
    entries_.push_back({again, &n});
    up(entries_.size() - 1, {again, &n});
  } else {
    // The last that is done to it: a timer that is in no heap must not point to one, which may be
    // gone by the time it is stopped.
    n.where.store(nullptr, std::memory_order_release);
  }
}

bool heap::fire_any(std::int64_t now, fired& into, base::random& random) noexcept {
  if (earliest() > now) return false;
  lock_.lock();
  // Of those with the earliest time, each stays chosen with the same chance.
  std::size_t chosen = 0;
  std::uint32_t seen = 1;
  for (std::size_t i = 1; i < entries_.size(); ++i)
    if (entries_[i].when == entries_.front().when && random.below(++seen) == 0) chosen = i;
  fire_at(chosen, now, into);
  publish();
  lock_.unlock();
  return true;
}

}  // namespace offset::inline v0::timers
