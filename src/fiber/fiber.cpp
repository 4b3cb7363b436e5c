#include "fiber/fiber.h"

#include <cstdlib>
#include <cxxabi.h>
#include <pthread.h>

#include <boost/context/detail/fcontext.hpp>

#include "base/sanitizer.h"

namespace offset::inline v0::fiber {

namespace context = boost::context::detail;

namespace {

// Tells the sanitizers that `from` is being left, before the jump.
OFFSET_NO_TSAN inline void leaving([[maybe_unused]] carrier& c, [[maybe_unused]] fiber& from,
                                   [[maybe_unused]] fiber& to,
                                   [[maybe_unused]] bool last) noexcept {
#ifdef OFFSET_INTERNAL_ASAN
  __sanitizer_start_switch_fiber(last ? nullptr : &from.sanitizer, to.stack_low,
                                 static_cast<std::size_t>(to.stack_high - to.stack_low));
#endif
#ifdef OFFSET_INTERNAL_TSAN
  __tsan_release(&from);
  if (&from != &c.own) __tsan_switch_to_fiber(c.own.sanitizer, __tsan_switch_to_fiber_no_sync);
#endif
}

// The first thing on a stack that has been switched to.
OFFSET_NO_TSAN inline carrier& landed(context::transfer_t t) noexcept {
  carrier& c = *static_cast<carrier*>(t.data);
  fiber& from = *c.from;
  [[maybe_unused]] fiber& self = *c.to;
  from.context = t.fctx;
#ifdef OFFSET_INTERNAL_ASAN
  __sanitizer_finish_switch_fiber(self.sanitizer, nullptr, nullptr);
#endif
#ifdef OFFSET_INTERNAL_TSAN
  __tsan_acquire(&from);
#endif
  if (c.commit != nullptr) c.commit(&c, c.commit_arg);
#ifdef OFFSET_INTERNAL_TSAN
  if (&self != &c.own) __tsan_switch_to_fiber(self.sanitizer, __tsan_switch_to_fiber_no_sync);
  __tsan_acquire(&c.blank);  // that the carrier and its P were made, and no more
#endif
  return c;
}

// Where a fiber that has not started keeps its main: in the topmost word of its stack.
OFFSET_NO_TSAN main_fn& main_of(fiber& f) noexcept {
  return *reinterpret_cast<main_fn*>(f.stack_high - sizeof(main_fn));
}

OFFSET_NO_TSAN void enter(context::transfer_t t) noexcept {
  fiber& self = *static_cast<carrier*>(t.data)->to;
  const main_fn main = main_of(self);
  carrier& on = landed(t);
#ifdef OFFSET_INTERNAL_TSAN
  __tsan_acquire(self.stack_low);  // pairs with end_fiber: the stack's last user is done
#endif
  main(self, on);
  std::abort();  // main never returns
}

}  // namespace

namespace {

// jump_fcontext returns to where it was called, on the other stack, by a jump. Called by a call
// instruction it leaves one address too many on the processor's stack of return addresses, so that
// each return after a switch, down to the user's function, is predicted wrongly: a third of the
// time of an unbuffered send and receive. So it is not called but jumped to, its return address
// having been pushed. (Pushing is safe: a function that calls others, as switch_to does, has no red
// zone; and the stack is as aligned as at a call, which visit() needs. switch_to is not inlined, so
// that nothing lives in registers across the jump that is not named here.)
#if defined(__x86_64__) && defined(__LP64__) && !defined(__CET__)
OFFSET_NO_TSAN inline __attribute__((always_inline)) context::transfer_t
jump_to(void* to, void* data) noexcept {
  context::transfer_t t;
  asm volatile("leaq 1f(%%rip), %%rcx\n\t"
               "pushq %%rcx\n\t"
               "jmp *%[jump]\n"
               "1:"
               : "=a"(t.fctx), "=d"(t.data), "+D"(to), "+S"(data)
               : [jump] "r"(&context::jump_fcontext)
               : "rcx", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
                 "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
                 "xmm14", "xmm15");
  return t;
}
#else
OFFSET_NO_TSAN inline context::transfer_t jump_to(void* to, void* data) noexcept {
  return context::jump_fcontext(to, data);
}
#endif

OFFSET_NO_TSAN inline carrier& jump(carrier& c, fiber& from, fiber& to, commit_fn commit, void* arg,
                                    bool last) noexcept {
  from.exceptions = *c.exceptions;
  *c.exceptions = to.exceptions;
  c.from = &from;
  c.to = &to;
  c.commit = commit;
  c.commit_arg = arg;
  leaving(c, from, to, last);
  return landed(jump_to(to.context, &c));
}

}  // namespace

[[gnu::noinline]] OFFSET_NO_TSAN carrier&
switch_to(carrier& c, fiber& from, fiber& to, commit_fn commit, void* arg, bool last) noexcept {
#ifdef OFFSET_INTERNAL_TSAN
  // By way of the carrier's own stack: a commit that ran on the stack of `to`, in the carrier's
  // name, would look as if the carrier had written there.
  if (&from != &c.own && &to != &c.own) {
    c.onward = &to;
    return jump(c, from, c.own, commit, arg, last);
  }
  carrier* on = &jump(c, from, to, commit, arg, last);
  while (&from == &on->own && on->onward != nullptr) {
    fiber& next = *on->onward;
    on->onward = nullptr;
    on = &jump(*on, from, next, nullptr, nullptr, false);
  }
  return *on;
#else
  return jump(c, from, to, commit, arg, last);
#endif
}

OFFSET_NO_TSAN void init_fiber([[maybe_unused]] carrier* c, fiber& f, main_fn main) noexcept {
  main_of(f) = main;
  std::byte* const top = f.stack_high - 16;
  f.context = context::make_fcontext(top, static_cast<std::size_t>(top - f.stack_low), enter);
  f.exceptions = {};
#ifdef OFFSET_INTERNAL_TSAN
  // A fiber begins with what its maker has seen: that would be whoever happens to run here.
  void* const here = __tsan_get_current_fiber();
  if (c != nullptr) __tsan_switch_to_fiber(c->blank, __tsan_switch_to_fiber_no_sync);
  f.sanitizer = __tsan_create_fiber(0);
  if (c != nullptr) __tsan_switch_to_fiber(here, __tsan_switch_to_fiber_no_sync);
#elif defined(OFFSET_INTERNAL_ASAN)
  f.sanitizer = nullptr;
#endif
}

OFFSET_NO_TSAN void end_fiber([[maybe_unused]] fiber& f) noexcept {
#ifdef OFFSET_INTERNAL_TSAN
  if (f.sanitizer != nullptr) __tsan_destroy_fiber(f.sanitizer);
  f.sanitizer = nullptr;
  __tsan_release(f.stack_low);
#endif
}

void init_carrier(carrier& c) noexcept {
  c.exceptions = reinterpret_cast<exception_state*>(abi::__cxa_get_globals());
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    void* low = nullptr;
    std::size_t size = 0;
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    c.own.stack_low = static_cast<std::byte*>(low);
    c.own.stack_high = c.own.stack_low + size;
  }
#ifdef OFFSET_INTERNAL_TSAN
  c.own.sanitizer = __tsan_get_current_fiber();
  c.blank = __tsan_create_fiber(0);
  __tsan_release(&c.blank);
#endif
}

void close_carrier([[maybe_unused]] carrier& c) noexcept {
#ifdef OFFSET_INTERNAL_TSAN
  __tsan_destroy_fiber(c.blank);
#endif
}

namespace {

struct visit_call {
  carrier* c;
  void (*fn)(void*);
  void* arg;
};

OFFSET_NO_TSAN context::transfer_t visiting(context::transfer_t t) noexcept {
  const visit_call call = *static_cast<visit_call*>(t.data);
#ifdef OFFSET_INTERNAL_ASAN
  fiber& self = *call.c->to;
  __sanitizer_finish_switch_fiber(self.sanitizer, nullptr, nullptr);
#endif
  call.fn(call.arg);
#ifdef OFFSET_INTERNAL_ASAN
  fiber& back = *call.c->from;
  __sanitizer_start_switch_fiber(&self.sanitizer, back.stack_low,
                                 static_cast<std::size_t>(back.stack_high - back.stack_low));
#endif
  // Back to the visitor; whoever resumes this fiber later continues where it was left.
  return context::jump_fcontext(t.fctx, nullptr);
}

}  // namespace

OFFSET_NO_TSAN void visit(carrier& c, fiber& f, void (*fn)(void*), void* arg) noexcept {
  visit_call call{&c, fn, arg};
  fiber& here = c.own;
  c.from = &here;
  c.to = &f;
#ifdef OFFSET_INTERNAL_ASAN
  __sanitizer_start_switch_fiber(&here.sanitizer, f.stack_low,
                                 static_cast<std::size_t>(f.stack_high - f.stack_low));
#endif
  const context::transfer_t t = context::ontop_fcontext(f.context, &call, visiting);
#ifdef OFFSET_INTERNAL_ASAN
  __sanitizer_finish_switch_fiber(here.sanitizer, nullptr, nullptr);
#endif
  f.context = t.fctx;
}

}  // namespace offset::inline v0::fiber
