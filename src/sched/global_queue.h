// The queue that every carrier looks at now and then: what did not fit into a P's own queue (in
// chains of 128), and what threads outside made ready. First in, first out, but for tasks that have
// waited in a P's queue already and are given back: those come first. Of any length, and
// pushing never allocates, because a task is linked through itself: making a goroutine ready must
// not fail.
//
// Boost.Lockfree's queue was measured here first; see src/README.md for why a lock over whole
// chains is used.
#pragma once

#include <atomic>

#include "base/spin_lock.h"
#include "sched/task.h"

namespace offset::inline v0::sched {

class global_queue {
 public:
  void push(task t) noexcept {
    lock_.lock();
    chain_.push(t);
    size_.store(chain_.count, std::memory_order_release);
    lock_.unlock();
  }
  void push(task_chain& chain) noexcept {
    lock_.lock();
    chain_.append(chain);
    size_.store(chain_.count, std::memory_order_release);
    lock_.unlock();
  }
  /// Before all others: tasks that have waited already.
  void push_front(task_chain& chain) noexcept {
    lock_.lock();
    chain.append(chain_);
    chain_ = chain;
    chain = {};
    size_.store(chain_.count, std::memory_order_release);
    lock_.unlock();
  }
  /// Takes up to `most` tasks, but leaves others their share (one in `sharers`).
  task_chain pop(std::size_t most, std::size_t sharers) noexcept {
    task_chain out;
    if (size() == 0) return out;
    lock_.lock();
    std::size_t n = chain_.count / sharers + 1;
    if (n > most) n = most;
    while (n-- > 0) {
      const task t = chain_.pop();
      if (!t) break;
      out.push(t);
    }
    size_.store(chain_.count, std::memory_order_release);
    lock_.unlock();
    return out;
  }
  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }

 private:
  alignas(64) base::spin_lock lock_{base::rank::leaf};
  task_chain chain_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace offset::inline v0::sched
