// What goexit throws. Private, and outside std::exception, so that only `catch (...)` meets it.
#pragma once

namespace offset::inline v0::sched {

struct goexit_signal {};

}  // namespace offset::inline v0::sched
