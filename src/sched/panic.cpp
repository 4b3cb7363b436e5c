#include "sched/panic.h"

#include <atomic>
#include <cerrno>
#include <complex>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <memory>
#include <system_error>
#include <typeinfo>
#include <unistd.h>
#include <utility>

#include "base/backtrace.h"
#include "base/note.h"
#include "base/sanitizer.h"
#include "offset/error.hpp"
#include "sched/bubble.h"
#include "sched/f.h"
#include "sched/world.h"

namespace offset::inline v0::sched {
namespace {

constinit std::atomic<panic_handler> handler{nullptr};
constinit std::atomic<bool> dying{false};
constinit std::atomic<bool> doomed{false};  // dying, or about to when it is known what to say

void write_all(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string float_as_go(double v) {
  // Go prints +1.500000e+000: seven significant digits and at least three of exponent.
  char digits[64];
  std::snprintf(digits, sizeof digits, "%+.6e", v);
  std::string text = digits;
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return v != v ? "NaN" : v > 0 ? "+Inf" : "-Inf";
  while (text.size() - e - 2 < 3) text.insert(e + 2, "0");
  return text;
}

std::string complex_as_go(const std::complex<double>& z) {
  return "(" + float_as_go(z.real()) + float_as_go(z.imag()) + "i)";
}

// The exception being handled as a number; empty when it is none. A handler matches one type
// exactly: nothing is promoted.
std::string number_text() {
  try {
    throw;
  } catch (int n) {
    return std::to_string(n);
  } catch (unsigned n) {
    return std::to_string(n);
  } catch (long n) {
    return std::to_string(n);
  } catch (unsigned long n) {
    return std::to_string(n);
  } catch (long long n) {
    return std::to_string(n);
  } catch (unsigned long long n) {
    return std::to_string(n);
  } catch (short n) {
    return std::to_string(n);
  } catch (unsigned short n) {
    return std::to_string(n);
  } catch (char n) {  // as Go's runes and bytes
    return std::to_string(n);
  } catch (signed char n) {
    return std::to_string(n);
  } catch (unsigned char n) {
    return std::to_string(n);
  } catch (char32_t n) {
    return std::to_string(static_cast<std::uint32_t>(n));
  } catch (float v) {
    return float_as_go(static_cast<double>(v));
  } catch (double v) {
    return float_as_go(v);
  } catch (long double v) {
    return float_as_go(static_cast<double>(v));
  } catch (const std::complex<float>& z) {
    return complex_as_go(z);
  } catch (const std::complex<double>& z) {
    return complex_as_go(z);
  } catch (...) {
    return {};
  }
}

std::string own_text() {
  // The exception being handled, by its type.
  try {
    throw;
  } catch (const std::exception& e) {
    return e.what();
  } catch (const char* s) {
    return s != nullptr ? s : "nil";
  } catch (const std::string& s) {
    return s;
  } catch (std::string_view s) {
    return std::string(s);
  } catch (bool b) {
    return b ? "true" : "false";
  } catch (const std::error_code& c) {
    return c.message();
  } catch (...) {
    if (std::string number = number_text(); !number.empty()) return number;
    const std::type_info* const type = abi::__cxa_current_exception_type();
    return type != nullptr ? base::demangle(type->name()) : "a foreign exception";
  }
}

void append_nested(std::string& text, const std::exception_ptr& error, int depth) {
  if (depth == 32) return;
  std::exception_ptr inner;
  try {
    std::rethrow_exception(error);
  } catch (const std::nested_exception& nested) {
    inner = nested.nested_ptr();
  } catch (...) {
    return;
  }
  if (!inner) return;
  try {
    std::rethrow_exception(inner);
  } catch (...) {
    text += "\n\tcaused by: " + own_text();
  }
  append_nested(text, inner, depth + 1);
}

bool wants_core() noexcept {
  const char* const how = std::getenv("OFFSET_TRACEBACK");
  return how != nullptr && std::strcmp(how, "crash") == 0;
}

// In a testing bubble the seed that led here is told last.
std::string last_words() noexcept {
  try {
    const bubble* const mine = caller_bubble();
    return mine != nullptr ? "\n" + mine->last_words() : std::string();
  } catch (...) {
    return {};
  }
}

[[noreturn]] void finish_dying(std::string_view text) noexcept {
  if (ftrylockfile(stdout) == 0) {
    std::fflush(stdout);
    funlockfile(stdout);
  }
  write_all(text);
  write_all(last_words());
  if (wants_core()) {
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
  }
  _exit(2);
}

std::string stack_here() {
  base::backtrace b;
  b.take(1);
  std::string text;
  base::append(text, b);
  return text;
}

}  // namespace

std::string describe(const std::exception_ptr& error) {
  std::string text;
  try {
    std::rethrow_exception(error);
  } catch (...) {
    text = own_text();
  }
  append_nested(text, error, 0);
  return text;
}

std::string header_of(const g& self, std::string_view state) {
  std::string text = "goroutine " + std::to_string(self.id) + " [" + std::string(state) + "]:";
  if (self.special != nullptr && !self.special->name.empty()) text += " " + self.special->name;
  return text;
}

void begin_dying() noexcept {
  doomed.store(true, std::memory_order_release);
  if (dying.exchange(true, std::memory_order_acq_rel)) {
    base::note never;
    never.wait();
  }
}

void die(std::string_view text) noexcept {
  begin_dying();
  finish_dying(text);
}

void finish_fatal(std::string_view text, std::string_view rest) noexcept {
  std::string all = "fatal error: ";
  all += text;
  all += "\n\n";
  all += rest;
  finish_dying(all);
}

void fatal(std::string_view text) noexcept {
  std::string rest;
  f* const me = current_f();
  if (me != nullptr && me->current != nullptr)
    rest = header_of(*me->current, "running") + "\n";
  else
    rest = "a thread outside every goroutine:\n";
  rest += stack_here();
  begin_dying();
  finish_fatal(text, rest);
}

bool telling() noexcept { return doomed.load(std::memory_order_acquire); }

namespace {

failure failure_of(g& self, std::exception_ptr error) noexcept {
  failure f;
  f.error = std::move(error);
  f.thrown_from.reset(static_cast<base::backtrace*>(std::exchange(self.thrown_from, nullptr)));
  f.goroutine = self.id;
  f.origin = self.origin;
  return f;
}

void panic_with(const failure& f, std::string_view note, const std::string& header) noexcept {
  const panic_handler to = handler.load(std::memory_order_acquire);
  if (to == nullptr) doomed.store(true, std::memory_order_release);
  std::string message = "panic: ";
  std::string stack;
  try {
    message += describe(f.error);
    if (!note.empty()) message.append("\n\t").append(note);
    if (f.thrown_from) base::append(stack, *f.thrown_from);
    if (f.origin != nullptr) stack += "created by " + base::describe_address(f.origin) + "\n";
  } catch (...) {
    message += "(no memory to say more)";
  }
  if (to != nullptr) {
    to(panic_info{f.goroutine, message, stack, f.error});
    return;
  }
  begin_dying();
  finish_dying(message + "\n\n" + header + "\n" + stack);
}

}  // namespace

void panicked(g& self) noexcept {
  panic_with(failure_of(self, std::current_exception()), {}, header_of(self, "running"));
  self.home->panicking.fetch_sub(1, std::memory_order_acq_rel);
}

void panicked(const failure& f, std::string_view note) noexcept {
  panic_with(f, note, "goroutine " + std::to_string(f.goroutine) + " [running]:");
}

OFFSET_NO_TSAN failure failure_here() noexcept {
  f* const me = current_f();
  // Counted by the probe: it was not on its way out of the goroutine, after all.
  if (me != nullptr && me->current != nullptr)
    me->current->home->panicking.fetch_sub(1, std::memory_order_acq_rel);
  return failure_here(std::current_exception());
}

OFFSET_NO_TSAN failure failure_here(std::exception_ptr error) noexcept {
  f* const me = current_f();
  if (me != nullptr && me->current != nullptr) return failure_of(*me->current, std::move(error));
  failure f;
  f.error = std::move(error);
  return f;
}

void say(std::string_view line) noexcept {
  // One write, so that lines of several threads are not mixed.
  try {
    write_all(std::string(line) + "\n");
  } catch (...) {
    write_all(line);
  }
}

OFFSET_NO_TSAN bool is_exiting() noexcept {
  f* const me = current_f();
  return me != nullptr && me->current != nullptr && me->current->exiting;
}

}  // namespace offset::inline v0::sched

namespace offset::inline v0 {

panic_error::~panic_error() = default;
closed_channel::~closed_channel() = default;

panic_handler set_panic_handler(panic_handler to) noexcept {
  return sched::handler.exchange(to, std::memory_order_acq_rel);
}

}  // namespace offset::inline v0
