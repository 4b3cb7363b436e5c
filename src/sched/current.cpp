#include "base/sanitizer.h"
#include "sched/f.h"

namespace offset::inline v0::sched {
namespace {

// The library's only thread-local that is read while goroutines run. Initial-exec: one load.
thread_local constinit f* this_f = nullptr;

}  // namespace

#if defined(__clang__)
#define OFFSET_NEVER_CACHED __attribute__((noinline)) OFFSET_NO_TSAN
#else
#define OFFSET_NEVER_CACHED __attribute__((noipa)) OFFSET_NO_TSAN
#endif

OFFSET_NEVER_CACHED f* current_f() noexcept {
  // Keeps a compiler that sees this body from merging two calls across a switch.
  asm volatile("" ::: "memory");
  return this_f;
}

OFFSET_NEVER_CACHED void set_current_f(f* me) noexcept {
  asm volatile("" ::: "memory");
  this_f = me;
}

}  // namespace offset::inline v0::sched
