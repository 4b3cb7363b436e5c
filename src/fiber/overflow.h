// Stack overflow: a fault in the guard of the running goroutine's stack is reported with the
// goroutine's number, on an alternate stack; every other fault goes to whoever handled it before.
#pragma once

#include <cstddef>

namespace offset::inline v0::fiber {

struct overflow_report {
  bool is_overflow = false;
  unsigned long goroutine = 0;
  std::size_t stack_size = 0;
  const void* low = nullptr;
  const void* high = nullptr;
};

/// Asked by the handler, on the thread that faulted; must be async-signal-safe.
using overflow_question = overflow_report (*)(const void* fault) noexcept;

/// Once a process; later calls do nothing.
void install_overflow_handler(overflow_question ask) noexcept;

/// The calling thread's alternate signal stack.
void use_overflow_stack() noexcept;
void drop_overflow_stack() noexcept;

}  // namespace offset::inline v0::fiber
