// The run queue of one P: a ring of 256 tasks, first in, first out. One producer (the carrier that
// owns the P), any number of consumers: the owner takes one at a time, thieves half at a time.
//
// head_ is advanced by compare-and-swap, tail_ only by the owner. Slots between them are published
// by the release store of tail_. A slot is written again only after head_ has passed it, which the
// producer sees by its acquire load of head_. Both count up for ever and wrap (32 bits).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "sched/task.h"

namespace offset::inline v0::sched {

class run_queue {
 public:
  static constexpr std::uint32_t capacity = 256;

  /// Owner only. False when full.
  bool push(task t) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint32_t head = head_.load(std::memory_order_acquire);  // pairs with consumers' CAS
    if (tail - head >= capacity) return false;
    slots_[tail % capacity].store(t.word(), std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);  // pairs with consumers' load of tail_
    return true;
  }

  /// Owner only.
  task pop() noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
      if (head == tail) return {};
      const std::uintptr_t word = slots_[head % capacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        return task::from_word(word);
    }
  }

  /// Owner only, while nobody else takes anything: no locked instruction.
  task pop_alone() noexcept {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_relaxed)) return {};
    const std::uintptr_t word = slots_[head % capacity].load(std::memory_order_relaxed);
    head_.store(head + 1, std::memory_order_release);
    return task::from_word(word);
  }

  /// Any thread: one task.
  task take() noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t tail = tail_.load(std::memory_order_acquire);  // pairs with push
      if (head == tail) return {};
      const std::uintptr_t word = slots_[head % capacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        return task::from_word(word);
    }
  }

  /// Owner only: takes half of a full queue out, as a chain.
  bool pop_half(task_chain& out) noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint32_t n = (tail - head) / 2;
    if (n != capacity / 2) return false;  // somebody stole meanwhile: there is room
    std::array<std::uintptr_t, capacity / 2> taken;
    for (std::uint32_t i = 0; i < n; ++i)
      taken[i] = slots_[(head + i) % capacity].load(std::memory_order_relaxed);
    if (!head_.compare_exchange_strong(head, head + n, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
      return false;
    for (std::uint32_t i = 0; i < n; ++i) out.push(task::from_word(taken[i]));
    return true;
  }

  /// Any thread whose own queue is `mine`, which is empty: moves half of this queue there and
  /// answers the first of them.
  task steal_into(run_queue& mine) noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t tail = tail_.load(std::memory_order_acquire);  // pairs with push
      std::uint32_t n = tail - head;
      n -= n / 2;
      if (n == 0) return {};
      if (n > capacity / 2) {  // head and tail do not belong together: read again
        head = head_.load(std::memory_order_acquire);
        continue;
      }
      const std::uint32_t at = mine.tail_.load(std::memory_order_relaxed);
      const std::uintptr_t first = slots_[head % capacity].load(std::memory_order_relaxed);
      for (std::uint32_t i = 1; i < n; ++i)
        mine.slots_[(at + i - 1) % capacity].store(
            slots_[(head + i) % capacity].load(std::memory_order_relaxed),
            std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + n, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        if (n > 1) mine.tail_.store(at + n - 1, std::memory_order_release);
        return task::from_word(first);
      }
    }
  }

  bool empty() const noexcept {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }
  /// How many fit; exact for the owner but for what thieves make room for.
  std::uint32_t room() const noexcept {
    return capacity -
           (tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire));
  }

 private:
  alignas(64) std::atomic<std::uint32_t> head_{0};
  std::atomic<std::uint32_t> tail_{0};
  std::array<std::atomic<std::uintptr_t>, capacity> slots_{};
};

}  // namespace offset::inline v0::sched
