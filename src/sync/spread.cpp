#include "offset/detail/spread.hpp"

#include <algorithm>
#include <bit>
#include <sched.h>

#include "base/cpu.h"
#include "base/sanitizer.h"
#include "sched/f.h"
#include "sched/p.h"

namespace offset::inline v0::detail {

unsigned spread_width() noexcept { return std::bit_ceil(std::clamp(base::cpu_count(), 4U, 32U)); }

OFFSET_NO_TSAN unsigned spread_hint() noexcept {
  const sched::f* const me = sched::current_f();
  if (me != nullptr && me->proc != nullptr) return me->proc->index;
  const int cpu = sched_getcpu();
  return cpu < 0 ? 0U : static_cast<unsigned>(cpu);
}

}  // namespace offset::inline v0::detail
