// What one CPU can be asked for: a pause in a spin, and the number of CPUs this process may use.
#pragma once

namespace offset::inline v0::base {

inline void cpu_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  asm volatile("yield" ::: "memory");
#endif
}

/// CPUs in the affinity mask, capped by the cgroup's quota (v2 and v1), at least 1. Reads files:
/// for start-up only.
unsigned usable_cpus() noexcept;

/// CPUs in the affinity mask, read once.
unsigned cpu_count() noexcept;

}  // namespace offset::inline v0::base
