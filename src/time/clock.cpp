#include "offset/time/sleep.hpp"
#include "sched/bubble.h"

namespace offset::inline v0::time {

time_point clock::now() noexcept { return time_point(std::chrono::nanoseconds(sched::now_ns())); }

}  // namespace offset::inline v0::time
