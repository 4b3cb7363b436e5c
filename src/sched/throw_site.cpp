#include "sched/throw_site.h"

#include <new>
#include <typeinfo>

#include "base/backtrace.h"
#include "sched/f.h"
#include "sched/g.h"
#include "sched/world.h"

namespace offset::inline v0::sched {
namespace {

class probe_type_info final : public std::type_info {
 public:
  probe_type_info() : std::type_info("N6offset2v05sched16throw_site_probeE") {}

  bool __do_catch(const std::type_info*, void**, unsigned) const override {
    f* const me = current_f();
    if (me != nullptr && me->current != nullptr) {
      auto* stack = static_cast<base::backtrace*>(me->current->thrown_from);
      // Counted from here on: its destructors are still to run.
      me->current->home->panicking.fetch_add(1, std::memory_order_acq_rel);
      if (stack == nullptr) stack = new (std::nothrow) base::backtrace;
      if (stack != nullptr) stack->take(0);
      me->current->thrown_from = stack;
    }
    return false;
  }
};

}  // namespace

extern "C" {
// The name that `catch (const throw_site_probe&)` refers to.
extern const probe_type_info
    offset_throw_site_type __asm__("_ZTIN6offset2v05sched16throw_site_probeE")
        __attribute__((visibility("hidden")));
const probe_type_info offset_throw_site_type;
}

}  // namespace offset::inline v0::sched
