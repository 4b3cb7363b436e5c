// Seeds, stacks and the life of a goroutine between them.
#pragma once

#include "offset/detail/spawn.hpp"
#include "sched/p.h"
#include "sched/world.h"

namespace offset::inline v0::sched {

/// Fills a P's cache of stacks. False when the kernel gives none.
bool refill_stacks(p& pr) noexcept;

/// A seed that cannot start for want of a stack: it waits for one that another goroutine gives
/// back.
void starve(world& w, detail::seed* s) noexcept;

/// Makes the main goroutine, on a stack of its own size, and queues it. Throws std::system_error.
void start_main(world& w, int (*main)(void*), void* arg);

/// A P gives its caches back to the world.
void flush_caches(p& pr) noexcept;

}  // namespace offset::inline v0::sched
