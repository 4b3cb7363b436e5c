#include "base/sanitizer.h"
#include "sched/f.h"

namespace offset::inline v0::sched {

#if defined(__clang__)
#define OFFSET_NEVER_CACHED __attribute__((noinline)) OFFSET_NO_TSAN
#else
#define OFFSET_NEVER_CACHED __attribute__((noipa)) OFFSET_NO_TSAN
#endif

#if defined(__x86_64__) && defined(__LP64__)
extern "C" {
constinit __thread f* offset_internal_this_f __attribute__((used)) = nullptr;
}
#else
namespace {

// The library's only thread-local that is read while goroutines run. Initial-exec: one load.
thread_local constinit f* offset_internal_this_f = nullptr;

}  // namespace

OFFSET_NEVER_CACHED f* current_f() noexcept {
  // Keeps a compiler that sees this body from merging two calls across a switch.
  asm volatile("" ::: "memory");
  return offset_internal_this_f;
}
#endif

OFFSET_NEVER_CACHED void set_current_f(f* me) noexcept {
  asm volatile("" ::: "memory");
  offset_internal_this_f = me;
}

}  // namespace offset::inline v0::sched
