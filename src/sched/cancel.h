// What a wait of the library's sees of a context: a hook that fires once when the context is done.
// Implemented by context/tree.cpp; declared here because sync lies below the contexts.
//
// Invariants
// - A hook lies with whoever waits. It is linked in at most one context, and `fire` is called at
//   most once, under that context's lock (rank lifecycle), with the hook unlinked.
// - Once cancel_unwatch has returned, `fire` is not running and will not run.
// - From a cancel_watch that answered true to its cancel_unwatch the hook keeps the context: the
//   waiter's own handle may be gone by the time it is abandoned, at the end of the program.
// - A `fire` that answers `wake` has taken the waiter for the canceler, which makes `who` ready
//   after it has released its locks, and touches the hook no more after that. Everybody who was
//   taken is made ready before any user's code runs, which may wait for them.
#pragma once

#include <cstdint>

#include "offset/detail/waiter.hpp"

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::sched {

enum class cancel_action : std::uint8_t {
  nothing,
  wake,   // make `who` ready
  start,  // then: call `run`, which waits for nobody, outside every lock
  run,    // last: call `run`, which may be a user's code
};

struct cancel_hook {
  cancel_hook* next = nullptr;
  cancel_hook* prev = nullptr;
  bool linked = false;
  void* of = nullptr;  // what it keeps; cancel_unwatch's
  detail::sleeper who = 0;
  cancel_action (*fire)(cancel_hook& self) noexcept = nullptr;
  void (*run)(cancel_hook& self) noexcept = nullptr;
};

/// False when `ctx` is done already: the hook is not linked and will not fire. A context that is
/// never done answers true and links nothing. Throws panic_error for a nil context.
bool cancel_watch(const context& ctx, cancel_hook& h);
/// Outside every lock. Nothing for a hook that is not watching.
void cancel_unwatch(cancel_hook& h) noexcept;

}  // namespace offset::inline v0::sched
