// The I/O pool: threads for calls that block. It grows on demand up to a ceiling, beyond which
// calls queue, and a thread that has nothing to do for 10 s ends.
//
// Calls whose like have been short lately are not handed over (sched/in_place.h).
//
// The queue is Boost.Lockfree's; a call that finds no node in it (none may be allocated where calls
// are submitted) goes to a list beside it. Threads and calls meet by claims: an idle thread counts
// itself in `idle_`; whoever submits a call takes one from that count and gives a token, which that
// or another idle thread consumes. So a call is never left to a thread that is busy while one is
// idle, and two calls are never left to one thread: calls may depend on one another up to the
// ceiling.
//
// A pool at its ceiling all of whose calls wait for a call that is queued would hang. sysmon looks
// for it: no call ended since the last look, all carriers are asleep, and every thread of the pool
// sleeps in a futex without a time-out. The call queued last then fails.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/spin_lock.h"
#include "sched/cancel.h"
#include "sched/sched.h"

namespace offset::inline v0::sched {
struct world;
}

namespace offset::inline v0::io_pool {

/// One call; lies on the stack of the goroutine that waits for it, unless that may stop waiting (a
/// `revocable_job`).
struct job {
  void (*f)(void*) = nullptr;
  void* arg = nullptr;
  sched::sleeper who = 0;
  job* next = nullptr;
  std::uint64_t ticks = 0;  // how long it took (base::coarse_ticks)
  bool stalled = false;     // never begun: the pool hung
  bool revocable = false;
};

/// A call that a context may take back until it has begun: queued -> begun by the thread that takes
/// it, or queued -> revoked by the context, once. It lies on the heap, counted: by the goroutine
/// and by the queue, where one that was revoked stays until a thread comes upon it.
struct revocable_job : job, sched::cancel_hook {
  enum : int { queued, begun, revoked };
  std::atomic<int> phase{queued};
  std::atomic<int> refs{2};

  bool leave_queue(int to) noexcept {
    int from = queued;
    return phase.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }
  void drop() noexcept {
    // Acquire-release: the last one sees what the other did.
    if (refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

class pool {
 public:
  explicit pool(sched::world& w);
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// Sees to a thread for one more call; throws std::system_error when there is none at all.
  void prepare();
  /// Hands the call over. Cannot fail.
  void submit(job& j) noexcept;

  /// Calls prepared or submitted that have not ended.
  std::size_t in_flight() const noexcept { return in_flight_.load(std::memory_order_seq_cst); }
  std::size_t threads() const noexcept { return threads_.load(std::memory_order_seq_cst); }

  /// Calls are queued and no more threads may be had.
  bool stalled_maybe() const noexcept;
  /// sysmon only, some time after the last check.
  void check_stall(sched::world& w) noexcept;

  /// The end: idle threads end, queued calls are dropped. Does not wait for calls under way.
  void stop() noexcept;
  /// Calls that nobody will begin any more; nothing runs, and stacks are still there.
  void drop_queued() noexcept;

 private:
  struct queue;
  struct worker;

  static void* worker_main(void* arg);
  void work(worker& me) noexcept;
  void hand_back(sched::sleeper who) noexcept;
  void call_over() noexcept;
  job* take() noexcept;
  job* take_any() noexcept;
  bool start_thread() noexcept;
  bool claim_idle() noexcept;
  void give_token() noexcept;
  bool wait_for_token() noexcept;
  bool all_wait_for_ever() const noexcept;

  sched::world& world_;
  std::unique_ptr<queue> queue_;
  base::spin_lock lock_{base::rank::leaf};
  job* spare_first_ = nullptr;  // the list beside the queue
  job* spare_last_ = nullptr;
  worker* workers_ = nullptr;
  std::atomic<std::size_t> queued_{0};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::size_t> ended_{0};
  std::atomic<std::size_t> threads_{0};
  std::atomic<std::int64_t> idle_{0};
  std::atomic<std::uint32_t> tokens_{0};  // futex
  std::atomic<bool> stopping_{false};
  std::size_t ended_at_last_check_ = 0;
  unsigned stalled_checks_ = 0;
};

}  // namespace offset::inline v0::io_pool
