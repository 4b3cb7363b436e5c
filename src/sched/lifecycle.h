// Running a world from start to end: what offset::testing needs beside `run`.
#pragma once

#include "offset/runtime.hpp"
#include "sched/bubble.h"

namespace offset::inline v0::sched {

/// Runs `main` as goroutine 1 of a world of the bubble's, until the bubble says that it is over,
/// and takes the world down. An exception of main's leaves this. The options' maxprocs is taken
/// for 1. Throws as run does; std::logic_error while another runtime or bubble is alive.
void run_in_bubble(bubble& b, options o, std::uint64_t seed, int (*main)(void*), void* arg);

}  // namespace offset::inline v0::sched
