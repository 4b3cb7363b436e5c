// What a run queue holds: a goroutine that was left, or a seed that has not started. One word,
// tagged. Both begin with a link of the same form, for intrusive chains.
#pragma once

#include <cstdint>

#include "base/sanitizer.h"
#include "offset/detail/spawn.hpp"
#include "sched/g.h"

namespace offset::inline v0::sched {

class task {
 public:
  OFFSET_NO_TSAN constexpr task() noexcept = default;
  OFFSET_NO_TSAN task(g* p) noexcept : word_(reinterpret_cast<std::uintptr_t>(p)) {}
  OFFSET_NO_TSAN task(detail::seed* s) noexcept : word_(reinterpret_cast<std::uintptr_t>(s) | 1) {}
  OFFSET_NO_TSAN static task from_word(std::uintptr_t w) noexcept {
    task t;
    t.word_ = w;
    return t;
  }

  OFFSET_NO_TSAN explicit operator bool() const noexcept { return word_ != 0; }
  OFFSET_NO_TSAN std::uintptr_t word() const noexcept { return word_; }
  OFFSET_NO_TSAN bool is_seed() const noexcept { return (word_ & 1) != 0; }
  OFFSET_NO_TSAN g* as_g() const noexcept { return reinterpret_cast<g*>(word_); }
  OFFSET_NO_TSAN detail::seed* as_seed() const noexcept {
    return reinterpret_cast<detail::seed*>(word_ & ~std::uintptr_t{1});
  }

  OFFSET_NO_TSAN std::uintptr_t& link() const noexcept {
    return is_seed() ? as_seed()->link : as_g()->link;
  }

 private:
  std::uintptr_t word_ = 0;
};

/// A chain of tasks, first in, first out.
struct task_chain {
  task first;
  task last;
  std::size_t count = 0;

  OFFSET_NO_TSAN void push(task t) noexcept {
    t.link() = 0;
    if (last)
      last.link() = t.word();
    else
      first = t;
    last = t;
    ++count;
  }
  OFFSET_NO_TSAN task pop() noexcept {
    const task t = first;
    if (t) {
      first = task::from_word(t.link());
      if (!first) last = task();
      --count;
    }
    return t;
  }
  OFFSET_NO_TSAN void append(task_chain& o) noexcept {
    if (!o.first) return;
    if (last)
      last.link() = o.first.word();
    else
      first = o.first;
    last = o.last;
    count += o.count;
    o = {};
  }
};

}  // namespace offset::inline v0::sched
