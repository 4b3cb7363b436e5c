// "all goroutines are asleep - deadlock!"
#pragma once

#include <string>

#include "fiber/fiber.h"

namespace offset::inline v0::sched {

struct world;

/// Called by a carrier (or a pinned thread) that found nothing to do and no timer. Reports and ends
/// the program when nothing in the process could ever wake a goroutine: no carrier is awake, no
/// timer set, no blocking call under way, and no thread exists that is not the runtime's own.
/// Silent otherwise.
void suspect_deadlock(world& w) noexcept;

/// For those through whom something outside the process may wake a goroutine at any time: from now
/// on nothing is reported.
void never_report_deadlocks() noexcept;

/// "goroutine N [reason]:" and the stack of every goroutine that has started, in the order of their
/// numbers. No carrier may run meanwhile; `here` is the calling thread, on its own stack.
void append_goroutines(std::string& text, world& w, fiber::carrier* here);

}  // namespace offset::inline v0::sched
