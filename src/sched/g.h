// G: a goroutine that has started. It lies at the top of its stack and is used again with it.
//
// States, and who owns the goroutine (its stack and the fields below) in each:
//   free      the stack pool, or a carrier's cache
//   running   the carrier that runs it
//   runnable  the run queue it is in
//   waiting   what it waits on, from the moment its park's commit has run; before that, the carrier
// running -> waiting in park; waiting -> runnable in ready, once per park; runnable -> running in
// the scheduler's loop; running -> free when its function has returned.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "fiber/fiber.h"
#include "fiber/stack_pool.h"
#include "offset/detail/spawn.hpp"
#include "offset/detail/waiter.hpp"
#include "sched/wait_reason.h"

namespace offset::inline v0::sched {

struct world;
struct f;

enum class g_state : std::uint8_t { free = 0, running, runnable, waiting };

/// What is done in place of a goroutine that is abandoned in a park.
struct abandon_actions {
  /// It still waits: takes it out of what it waits on, so that nobody makes it ready any more.
  /// False when somebody already has it in hand and will. Null: nobody has.
  bool (*undo)(void* arg) noexcept = nullptr;
  /// It was made ready and will never run: cleans up as it would have, and passes on what it was
  /// given. Null: there is nothing.
  void (*settle)(void* arg) noexcept = nullptr;
};
/// Two words, which travel in registers.
struct abandon_hook {
  const abandon_actions* actions = nullptr;
  void* arg = nullptr;
};

/// What `go` was told, and the stack that it asked for.
struct g_special {
  std::string name;
  std::size_t stack_size = 0;  // 0: from the pool
  bool pinned = false;
};

struct g {
  // One cache line: what waiting and being made ready touch, as far as the fiber's context.
  std::uintptr_t link = 0;  // in the global queue; first, as in a seed
  world* home = nullptr;
  std::atomic<g_state> state{g_state::free};
  std::atomic<wait_reason> reason{wait_reason::none};
  bool exiting = false;  // goexit was called and its unwinding may have been swallowed
  bool is_main = false;
  abandon_hook hook;  // from a park until it returns
  fiber::fiber fib;

  std::uint64_t id = 0;
  f* pinned_to = nullptr;
  g_special* special = nullptr;
  const void* origin = nullptr;   // return address of `go`
  void* thrown_from = nullptr;    // base::backtrace of a panic, while it unwinds
  detail::seed* start = nullptr;  // what to run, before its first switch
  fiber::stack_header stack;
};
static_assert(offsetof(g, fib) + offsetof(fiber::fiber, stack_low) == 64);

inline g* g_of(fiber::fiber& f) noexcept {
  return reinterpret_cast<g*>(reinterpret_cast<std::byte*>(&f) - offsetof(g, fib));
}
inline g* g_of(fiber::stack_header* h) noexcept {
  return reinterpret_cast<g*>(reinterpret_cast<std::byte*>(h) - offsetof(g, stack));
}

}  // namespace offset::inline v0::sched
