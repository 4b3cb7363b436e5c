// A fiber is a stack that can be left and come back to. This folder is the one place that switches
// stacks; nothing else calls Boost.Context.
//
// Who owns what:
// - A fiber that runs is owned by the carrier that runs it. A fiber that has been left is owned by
//   whoever its `commit` handed it to.
// - Leaving is in two steps. The fiber calls switch_to(); the stack is left; whoever runs next on
// that
//   carrier, before anything else, stores the context of the fiber that was left and calls its
//   commit. Only in the commit may the fiber become visible to others (a lock released, a queue
//   entered): from then on another carrier may already run it.
// - The C++ exception state (what is being caught, how many are in flight) belongs to the fiber and
//   travels with it.
//
// ThreadSanitizer: each fiber is a thread of its own, and switches are not counted as
// synchronisation, so that they hide no missing edge. The commit runs in the name of the carrier,
// on its own stack. The edges that exist are told explicitly: leaving -> commit here, ready ->
// resume and go -> start in sched.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offset::inline v0::fiber {

/// Laid out as the C++ ABI's __cxa_eh_globals.
struct exception_state {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

struct fiber {
  void* context = nullptr;         // where to resume; valid while the fiber is not running
  exception_state exceptions;      // valid while the fiber is not running
  std::byte* stack_low = nullptr;  // lowest usable byte is above the guard
  std::byte* stack_high = nullptr;
  void* sanitizer = nullptr;  // TSan's fiber, or ASan's fake stack while not running
};

struct carrier;

/// What happens to a fiber once its stack has been left. Runs on the next stack of the same
/// carrier; must not wait, throw, or use the stack that was left except as its protocol allows.
/// `on` is null on a plain thread, which has no stack to leave.
using commit_fn = void (*)(carrier* on, void* arg);

/// The thread's side: its own stack as a fiber, and what one switch passes to the next.
struct carrier {
  fiber own;
  void* blank = nullptr;  // TSan: a context that has seen nothing; new fibers are made in its name
  fiber* onward = nullptr;  // TSan: where the switch that has come by this stack goes on to
  exception_state* exceptions = nullptr;  // the thread's live state
  fiber* from = nullptr;
  fiber* to = nullptr;
  commit_fn commit = nullptr;
  void* commit_arg = nullptr;
};

/// Fills in what depends on the calling thread. Call once on the thread.
void init_carrier(carrier& c) noexcept;

using main_fn = void (*)(fiber& self, carrier& on);

/// On the carrier `c`, or on a plain thread (null). Makes `f` start at `main` on its stack
/// [stack_low, stack_high) when it is next switched to. main never returns.
void init_fiber(carrier* c, fiber& f, main_fn main) noexcept;

/// Before it is switched to: what it will touch first.
inline void prefetch(const fiber& f) noexcept {
  constexpr int line = 64;
  constexpr int lines = 3;  // its registers, and the frames of the wait
  for (int i = 0; i < lines; ++i)
    __builtin_prefetch(static_cast<const std::byte*>(f.context) + i * line);
}

void close_carrier(carrier& c) noexcept;

/// For a fiber that has ended and whose stack has been left for good.
void end_fiber(fiber& f) noexcept;

/// Leaves `from`, which runs on `c`, for `to`; then `commit(carrier, arg)` if not null. Returns
/// when somebody switches back to `from`, with the carrier that it now runs on. `last`: `from` is
/// never resumed.
carrier& switch_to(carrier& c, fiber& from, fiber& to, commit_fn commit, void* arg,
                   bool last = false) noexcept;

/// Runs fn(arg) on the stack of `f`, which is not running, as if called where it was left, and
/// comes back: for looking at its stack. Nobody else may touch `f` meanwhile.
void visit(carrier& c, fiber& f, void (*fn)(void*), void* arg) noexcept;

}  // namespace offset::inline v0::fiber
