// The queue that every carrier looks at now and then: what did not fit into a P's own queue (in
// chains of 128), and what threads outside made ready. First in, first out, but for tasks that have
// waited in a P's queue already and are given back: those come first. Beside it the urgent ones:
// goroutines whose time has come, when they are too many for a P's queue. They need not wait for
// the end of a crowd that has not even started; half of what is taken is theirs, so that neither
// keeps the other waiting for good. Of any length, and pushing never allocates, because a task is
// linked through itself: making a goroutine ready must not fail.
//
// Boost.Lockfree's queue was measured here first; see src/README.md for why a lock over whole
// chains is used.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "base/spin_lock.h"
#include "sched/task.h"

namespace offset::inline v0::sched {

class global_queue {
 public:
  void push(task t) noexcept {
    lock_.lock();
    chain_.push(t);
    publish();
    lock_.unlock();
  }
  void push(task_chain& chain) noexcept {
    lock_.lock();
    chain_.append(chain);
    publish();
    lock_.unlock();
  }
  /// Before all others: tasks that have waited already.
  void push_front(task_chain& chain) noexcept {
    lock_.lock();
    chain.append(chain_);
    chain_ = chain;
    chain = {};
    publish();
    lock_.unlock();
  }
  void push_urgent(task_chain& chain) noexcept {
    lock_.lock();
    urgent_.append(chain);
    publish();
    lock_.unlock();
  }
  /// Takes up to `most` tasks, but leaves others their share (one in `sharers`).
  task_chain pop(std::size_t most, std::size_t sharers) noexcept {
    task_chain out;
    if (size() == 0) return out;
    lock_.lock();
    const std::size_t n = std::min(size() / sharers + 1, most);
    odd_ = !odd_;
    move(urgent_, out, (n + (odd_ ? 1 : 0)) / 2);
    move(chain_, out, n - out.count);
    move(urgent_, out, n - out.count);
    publish();
    lock_.unlock();
    return out;
  }
  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }

 private:
  static void move(task_chain& from, task_chain& to, std::size_t most) noexcept {
    for (; most > 0; --most) {
      const task t = from.pop();
      if (!t) break;
      to.push(t);
    }
  }
  void publish() noexcept { size_.store(chain_.count + urgent_.count, std::memory_order_release); }

  alignas(64) base::spin_lock lock_{base::rank::leaf};
  task_chain chain_;
  task_chain urgent_;
  bool odd_ = false;  // of one that is taken alone, every other is an urgent one
  std::atomic<std::size_t> size_{0};
};

}  // namespace offset::inline v0::sched
