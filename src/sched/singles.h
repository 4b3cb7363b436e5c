// Goroutines whose stack is not of the pool: main, those with a size of their own, pinned ones.
// Listed, so that they are found when the program is dumped or ends.
#pragma once

#include "sched/world.h"

namespace offset::inline v0::sched {

struct world::single {
  single* next;
  g* self;
  std::size_t stack_size;
};

}  // namespace offset::inline v0::sched
