#include "offset/sync/single_flight.hpp"

#include "base/backtrace.h"
#include "base/note.h"
#include "offset/error.hpp"
#include "sched/f.h"
#include "sched/g.h"
#include "sched/goexit.h"
#include "sched/panic.h"

namespace offset::inline v0::sync::detail_flight {
namespace {

// Not inlined: each call looks for the thread's own anew.
[[gnu::noinline]] void panic_here(const std::exception_ptr& error) noexcept {
  sched::g& self = *sched::current_f()->current;
  if (self.thrown_from == nullptr) {
    auto* const stack = new (std::nothrow) base::backtrace;
    if (stack != nullptr) stack->take(1);
    self.thrown_from = stack;
  }
  try {
    std::rethrow_exception(error);
  } catch (...) {
    sched::panicked(self);
  }
}

}  // namespace

bool is_goexit(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const sched::goexit_signal&) {
    return true;
  } catch (...) {
    return false;
  }
}

void panic(const std::exception_ptr& error) noexcept {
  if (detail::in_goroutine()) return panic_here(error);
  // On a plain thread: in a goroutine, as the handler expects. There is a runtime, for somebody
  // called run_chan.
  base::note handled;
  offset::go([&] {
    panic_here(error);
    handled.wake();
  });
  handled.wait();
}

void goexit_too() {
  if (detail::in_goroutine()) goexit();
  throw panic_error("runtime.Goexit was called");
}

}  // namespace offset::inline v0::sync::detail_flight
