// F: a thread that carries goroutines, with the P it owns. A pinned goroutine's F has no P: it
// carries that goroutine alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <pthread.h>

#include "base/note.h"
#include "base/sanitizer.h"
#include "fiber/fiber.h"

namespace offset::inline v0::sched {

struct world;
struct p;
struct g;

struct f {
  fiber::carrier switcher;
  p* proc = nullptr;
  g* current = nullptr;
  world* home = nullptr;
  g* resume = nullptr;     // to be run next, before the loop looks for work
  bool searching = false;  // counted in the idle word
  bool listed = false;     // among the idle; under the idle lock
  f* next_idle = nullptr;
  base::note note;  // wakes it when idle or retired
  pthread_t thread{};
  f* next_all = nullptr;
  g* pinned = nullptr;
  std::atomic<std::uint32_t> pinned_ready{0};  // futex: the pinned goroutine was made ready
};

inline f& f_of(fiber::carrier& c) noexcept { return reinterpret_cast<f&>(c); }

/// The calling thread's F, or null. Never assumed constant: after a call that may have parked, the
/// goroutine can be on another thread.
#if defined(__x86_64__) && defined(__LP64__)
// The library's only thread-local that is read while goroutines run, initial-exec; and read by
// instructions that the compiler does not see through, so that it cannot keep the address.
extern "C" __thread f* offset_internal_this_f
    __attribute__((visibility("hidden"), tls_model("initial-exec")));
OFFSET_NO_TSAN inline f* current_f() noexcept {
  f* me;
  asm volatile("movq offset_internal_this_f@gottpoff(%%rip), %0\n\t"
               "movq %%fs:(%0), %0"
               : "=r"(me)::"memory");
  return me;
}
#else
f* current_f() noexcept;  // not inlined
#endif
void set_current_f(f* me) noexcept;

}  // namespace offset::inline v0::sched
