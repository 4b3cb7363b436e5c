#include "group/untaken.h"

#include <string>
#include <system_error>

namespace offset::inline v0::grouping {

bool only_reports(const context& ctx, const std::exception_ptr& error) noexcept {
  const std::error_code why = ctx.err();
  if (!why) return false;
  try {
    if (error == ctx.cause()) return true;
    std::rethrow_exception(error);
  } catch (const std::system_error& e) {
    return e.code() == why || e.code() == why.default_error_condition();
  } catch (...) {
    return false;
  }
}

bool is_unwinding(int before) noexcept {
  return std::uncaught_exceptions() > before && !sched::is_exiting();
}

void untaken(const sched::failure& f, const char* of, bool unwinding) noexcept {
  if (!unwinding) {
    std::string note;
    try {
      note = std::string("left in ") + of + " that nobody waited for";
    } catch (...) {
      // No memory: without the note.
    }
    sched::panicked(f, note);
    return;
  }
  try {
    sched::say(std::string("offset: a failure in ") + of +
               " is lost while another exception unwinds: " + sched::describe(f.error));
  } catch (...) {
    sched::say("offset: a failure is lost while another exception unwinds");
  }
}

}  // namespace offset::inline v0::grouping
