// One running scheduler: what `run` or `runtime` starts and ends. Reached from its carriers through
// current_f(), from other threads through outside_call.
//
// It is counted: the thread that started it holds one reference, each thread of its own holds one,
// and each call on the I/O pool. So a goroutine that never comes back (an endless loop as main
// returns) keeps the memory that it uses, and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>

#include "base/block_pool.h"
#include "base/note.h"
#include "base/spin_lock.h"
#include "fiber/stack_pool.h"
#include "sched/f.h"
#include "sched/g.h"
#include "sched/global_queue.h"
#include "sched/idle.h"
#include "sched/p.h"

namespace offset::inline v0::io_pool {
class pool;
}

namespace offset::inline v0::sched {

class bubble;

/// Options after environment and defaults.
struct settings {
  std::uint32_t maxprocs = 1;
  std::uint32_t io_threads = 512;
  std::size_t stack_size = 0;
  std::size_t main_stack_size = 0;
  std::uint64_t seed = 0;
};

struct world {
  world(const settings& s, bool reports, class bubble* b);
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world();

  static constexpr std::uint32_t most_extra = 1024;

  const settings set;
  const bool reports_deadlock;  // false under `runtime`
  class bubble* const bubble;   // its clock and order, of a deterministic world (sched/bubble.h)
  std::atomic<std::uint32_t> references{1};

  // --- carriers
  std::unique_ptr<std::atomic<p*>[]> procs;  // maxprocs + most_extra
  std::atomic<std::uint32_t> proc_count{0};  // started, retired ones included
  std::atomic<std::uint32_t> retired{0};
  std::atomic<std::uint32_t> excess{0};  // extra carriers that should retire
  std::atomic<std::uint32_t> starting{
      0};  // 1 while a carrier is being added, or sysmon moves tasks
  base::spin_lock carriers_lock{base::rank::scheduler};
  f* carriers = nullptr;  // all threads with an F, pinned ones included
  f* retired_list = nullptr;
  std::atomic<std::uint32_t> threads_alive{0};  // of those; futex for the end
  idle_set idle;
  global_queue global;

  // --- carriers that stepped back (step_back.h)
  std::atomic<bool> stepped_back{false};
  std::atomic<std::int64_t> stepped_back_at{0};  // the last time, ns
  std::atomic<std::int64_t> hold_back{0};        // for how long, ns

  // --- goroutines
  fiber::stack_pool stacks;
  base::block_pool blocks;
  std::atomic<std::uint64_t> next_id{2};
  std::atomic<std::uint64_t> started_outside{0};
  std::atomic<std::uint64_t> ended_outside{0};
  std::atomic<std::int64_t> pinned_running{0};          // pinned goroutines that do not wait
  base::spin_lock singles_lock{base::rank::lifecycle};  // held while they are abandoned
  struct single;                                        // goroutines whose stack is not of the pool
  single* singles = nullptr;
  base::spin_lock starved_lock{base::rank::leaf};
  task_chain starved;  // seeds for which the kernel gave no stack
  std::atomic<std::size_t> starved_count{0};
  timers::heap outside_timers;  // set by plain threads

  // --- blocking calls
  std::unique_ptr<io_pool::pool> io;

  // --- sysmon
  pthread_t sysmon_thread{};
  bool sysmon_started = false;
  std::atomic<std::uint32_t> sysmon_asleep{0};  // futex

  // A deadlock was suspected and not reported for the threads that there were: once more when their
  // number has changed (one that was just ending may have been counted).
  std::atomic<std::size_t> threads_at_suspicion{0};
  std::atomic<bool> suspicion{false};

  // --- the end
  std::atomic<bool> stopping{false};
  std::atomic<bool> main_exited{false};     // goexit on main
  std::atomic<std::uint32_t> panicking{0};  // exceptions that will leave their goroutine
  base::note main_done;
  int main_status = 0;
  std::exception_ptr main_error;
  std::atomic<std::uint32_t> ended_signal{0};  // futex: bumped as goroutines end, while drained
  std::atomic<bool> draining{false};
  world* next_kept = nullptr;  // AddressSanitizer: of those kept for the leak checker

  void retain() noexcept { references.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  p* proc(std::uint32_t i) const noexcept { return procs[i].load(std::memory_order_acquire); }
  std::uint32_t active() const noexcept {
    return proc_count.load(std::memory_order_acquire) - retired.load(std::memory_order_acquire);
  }
  std::size_t goroutines() const noexcept;
  /// The earliest timer of all; base::never when there is none.
  std::int64_t earliest_timer() const noexcept;
  /// Some queue holds a task. Next slots do not count: they belong to their P.
  bool work_visible() const noexcept;
};

/// The world that is alive, or null.
std::atomic<world*>& live_world() noexcept;

/// True in a child of fork whose parent had a runtime: only exec and exit are left to it.
std::atomic<bool>& forked_child() noexcept;

/// Calls from threads that are no carriers of the world they call: while one is under way, the
/// world is not taken down.
class outside_call {
 public:
  outside_call() noexcept { count().fetch_add(1, std::memory_order_seq_cst); }
  outside_call(const outside_call&) = delete;
  outside_call& operator=(const outside_call&) = delete;
  ~outside_call() { end(); }
  /// The world may go. A function of its own, so that a sanitizer sees it wherever it is called.
  static void end() noexcept { count().fetch_sub(1, std::memory_order_release); }
  static std::atomic<std::int64_t>& count() noexcept;
};

}  // namespace offset::inline v0::sched
