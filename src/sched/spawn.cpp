#include "sched/spawn.h"

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "base/sanitizer.h"
#include "fiber/overflow.h"
#include "offset/go.hpp"
#include "sched/bubble.h"
#include "sched/deadlock.h"
#include "sched/goexit.h"
#include "sched/local.h"
#include "sched/loop.h"
#include "sched/panic.h"
#include "sched/sched.h"
#include "sched/singles.h"
#include "sched/throw_site.h"

namespace offset::inline v0::sched {
namespace {

using base::block_pool;
using detail::seed;

// The top byte of a seed's id while it has not started.
constexpr std::uint64_t id_mask = (std::uint64_t{1} << 56) - 1;
constexpr unsigned class_shift = 56;
constexpr std::uint64_t from_heap = 7;        // a size class: not of the pool
constexpr std::uint64_t from_outside = 0x80;  // an outside_call is held until it starts

constexpr std::uint32_t block_batch = 64;
constexpr std::uint32_t most_blocks = 192;
constexpr std::uint32_t stack_batch = 32;
constexpr std::uint32_t most_stacks = 96;
constexpr std::int32_t credit_batch = 64;
constexpr std::uint64_t id_batch = 16;

std::size_t class_of(std::size_t size) noexcept {
  if constexpr (base::tsan) return from_heap;  // which the sanitizer knows how to use again
  for (std::size_t c = 0; c < block_pool::classes; ++c)
    if (size <= block_pool::sizes[c]) return c;
  return from_heap;
}

OFFSET_NO_TSAN seed* finish(void* at, std::uint64_t id, std::uint64_t tag,
                            const void* origin) noexcept {
  seed* const s = ::new (at) seed;
  s->link = 0;
  s->id = (id & id_mask) | tag << class_shift;
  s->origin = origin;
  return s;
}

OFFSET_NO_TSAN seed* new_local(p& pr, std::size_t size, const void* origin) {
  world& w = *pr.home;
  if (pr.credits <= 0) {
    w.stacks.claim(credit_batch);
    pr.credits += credit_batch;
  }
  const std::size_t c = class_of(size);
  void* at = nullptr;
  if (c == from_heap) {
    at = ::operator new (size, std::align_val_t{alignof(seed)});
  } else {
    block_pool::block* b = pr.blocks[c];
    if (b == nullptr) {
      std::uint32_t got = 0;
      b = w.blocks.get(c, block_batch, got);
      pr.block_counts[c] += got;
    }
    pr.blocks[c] = b->next;
    --pr.block_counts[c];
    at = b;
    base::asan_unpoison(at, block_pool::sizes[c]);
  }
  --pr.credits;
  if (pr.next_id == pr.end_id) {
    pr.next_id = w.next_id.fetch_add(id_batch, std::memory_order_relaxed);
    pr.end_id = pr.next_id + id_batch;
  }
  return finish(at, pr.next_id++, c, origin);
}

seed* new_outside(world& w, std::size_t size, const void* origin) {
  w.stacks.claim(1);
  const std::size_t c = class_of(size);
  void* at = nullptr;
  try {
    if (c == from_heap) {
      at = ::operator new (size, std::align_val_t{alignof(seed)});
    } else {
      std::uint32_t got = 0;
      at = w.blocks.get(c, 1, got);
      base::asan_unpoison(at, block_pool::sizes[c]);
    }
  } catch (...) {
    w.stacks.unclaim(1);
    throw;
  }
  seed* const s =
      finish(at, w.next_id.fetch_add(1, std::memory_order_relaxed), c | from_outside, origin);
  s->link = reinterpret_cast<std::uintptr_t>(&w);  // by now it may be the live one no longer
  return s;
}

OFFSET_NO_TSAN bool made_outside(const seed* s) noexcept {
  return (s->id >> class_shift & from_outside) != 0;
}

// The world of a seed that was made outside and has not been queued.
OFFSET_NO_TSAN world& world_of(const seed* s) noexcept {
  return *reinterpret_cast<world*>(s->link);
}

OFFSET_NO_TSAN void free_block(world& w, p* pr, void* at, std::size_t c) noexcept {
  if (c == from_heap) {
    ::operator delete (at, std::align_val_t{alignof(seed)});
    return;
  }
  auto* const b = static_cast<block_pool::block*>(at);
  if (pr == nullptr) {
    b->next = nullptr;
    w.blocks.put(c, b);
    return;
  }
  b->next = pr->blocks[c];
  pr->blocks[c] = b;
  base::asan_poison(b + 1, block_pool::sizes[c] - sizeof *b);
  if (++pr->block_counts[c] > most_blocks) {
    block_pool::block* last = pr->blocks[c];
    for (std::uint32_t i = 1; i < block_batch; ++i) last = last->next;
    block_pool::block* const surplus = pr->blocks[c];
    pr->blocks[c] = last->next;
    last->next = nullptr;
    pr->block_counts[c] -= block_batch;
    w.blocks.put(c, surplus);
  }
}

// --- the life of a goroutine

g* build_g(const fiber::raw_stack& raw, world& w) noexcept {
  const base::tsan_unseen guard{};  // what a G is owned by changes without an edge that TSan sees
  g* const self = ::new (raw.header) g;
  self->home = &w;
  self->fib.stack_low = raw.low;
  self->fib.stack_high = raw.header;
  self->stack.home = raw.home;
  self->stack.slot = raw.slot;
  self->stack.low = raw.low;
  return self;
}

OFFSET_NO_TSAN void count_end(world& w, p* pr) noexcept {
  if (pr != nullptr) {
    ++pr->credits;
    if (pr->credits > 3 * credit_batch) {
      pr->credits -= 2 * credit_batch;
      w.stacks.unclaim(static_cast<std::uint32_t>(2 * credit_batch));
    }
    pr->ended.store(pr->ended.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  } else {
    w.stacks.unclaim(1);
    w.ended_outside.fetch_add(1, std::memory_order_release);
  }
  if (w.draining.load(std::memory_order_relaxed)) [[unlikely]] {
    w.ended_signal.fetch_add(1, std::memory_order_release);
    base::futex_wake(w.ended_signal, 1);
  }
}

OFFSET_NO_TSAN void give_stacks_back(p& pr, std::uint32_t n) noexcept {
  fiber::stack_header* const first = &pr.stacks->stack;
  fiber::stack_header* last = first;
  for (std::uint32_t i = 1; i < n; ++i) last = last->next;
  pr.stacks = last->next == nullptr ? nullptr : g_of(last->next);
  pr.stack_count -= n;
  pr.home->stacks.put(first, last, n);
}

void feed_starved(world& w) noexcept {
  w.starved_lock.lock();
  const task t = w.starved.pop();
  w.starved_count.store(w.starved.count, std::memory_order_release);
  w.starved_lock.unlock();
  if (!t) return;
  w.global.push(t);
  work_published(w);
}

// Commit of a goroutine that has ended: its stack is free.
OFFSET_NO_TSAN void commit_end(fiber::carrier* on, void* arg) {
  g* const self = static_cast<g*>(arg);
  p& pr = *f_of(*on).proc;
  fiber::end_fiber(self->fib);
  self->state.store(g_state::free, std::memory_order_release);
  base::asan_poison(self->fib.stack_low,
                    static_cast<std::size_t>(self->fib.stack_high - self->fib.stack_low));
  self->stack.next = pr.stacks == nullptr ? nullptr : &pr.stacks->stack;
  pr.stacks = self;
  if (++pr.stack_count > most_stacks) give_stacks_back(pr, stack_batch);
  if (pr.home->starved_count.load(std::memory_order_relaxed) != 0) [[unlikely]]
    feed_starved(*pr.home);
}

// The same for one whose stack is its own: unmapped.
void commit_end_single(fiber::carrier*, void* arg) {
  g* const self = static_cast<g*>(arg);
  world& w = *self->home;
  fiber::end_fiber(self->fib);
  self->state.store(g_state::free, std::memory_order_release);
  delete std::exchange(self->special, nullptr);
  w.singles_lock.lock();
  world::single** at = &w.singles;
  while ((*at)->self != self) at = &(*at)->next;
  world::single* const entry = *at;
  *at = entry->next;
  w.singles_lock.unlock();
  std::byte* const low = self->stack.low;
  const std::size_t size = entry->stack_size;
  delete entry;
  fiber::unmap_single_stack(low, size);
}

// Not inlined: nothing of one goroutine's frame is kept for the next on the same stack.
[[gnu::noinline]] void run_one(g& self) noexcept {
  try {
    self.start->run(self.start);
  } catch (const goexit_signal&) {
    if (self.is_main) self.home->main_exited.store(true, std::memory_order_release);
  } catch (const throw_site_probe&) {
    // Never: it only looks at where the exception was thrown, before anything is unwound.
  } catch (...) {
    panicked(self);
  }
  // The function may have swallowed goexit's exception and returned.
  if (self.is_main && self.exiting) self.home->main_exited.store(true, std::memory_order_release);
}

g* new_single(world& w, std::size_t stack_size, bool& no_memory) {
  fiber::raw_stack raw;
  auto entry = std::make_unique<world::single>();
  if (!fiber::map_single_stack(stack_size, sizeof(g), raw)) {
    no_memory = true;
    return nullptr;
  }
  g* const self = build_g(raw, w);
  entry->self = self;
  entry->stack_size = stack_size;
  w.singles_lock.lock();
  entry->next = w.singles;
  w.singles = entry.release();
  w.singles_lock.unlock();
  return self;
}

[[noreturn]] void throw_no_runtime() {
  throw std::logic_error(
      "offset: go: no runtime is alive: call it inside offset::run, or while an offset::runtime "
      "lives");
}

// A goroutine returned in a child of fork: there is nothing to return to.
[[noreturn]] void end_of_forked_child() noexcept {
  die("offset: a goroutine ended in a forked child, which may only exec or exit\n");
}

// The seed is released to whoever will run it at the last moment: nothing of it is read after that.
OFFSET_NO_TSAN void queue_seed(seed* s) noexcept {
  f* const me = current_f();
  const bool outside = made_outside(s);
  if (!outside && me != nullptr && me->proc != nullptr) {
    p& pr = *me->proc;
    pr.started.store(pr.started.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    base::tsan_release(s);
    push_next(pr, task(s));
    schedule_point();
    return;
  }
  if (!outside) {
    // Made by a carrier, started on a thread that is none: cannot be, a closure does not wait.
    std::abort();
  }
  world& w = world_of(s);
  w.started_outside.fetch_add(1, std::memory_order_release);
  base::tsan_release(s);
  w.global.push(task(s));
  work_published(w);
  outside_call::end();
}

}  // namespace

OFFSET_NO_TSAN bool refill_stacks(p& pr) noexcept {
  world& w = *pr.home;
  std::uint32_t got = 0;
  if (fiber::stack_header* const warm = w.stacks.get_warm(stack_batch, got)) {
    pr.stacks = g_of(warm);
    pr.stack_count += got;
    return true;
  }
  fiber::raw_stack raw;
  if (!w.stacks.get_raw(raw)) return false;
  g* const self = build_g(raw, w);
  pr.stacks = self;
  pr.stack_count = 1;
  return true;
}

void starve(world& w, seed* s) noexcept {
  w.starved_lock.lock();
  w.starved.push(task(s));
  w.starved_count.store(w.starved.count, std::memory_order_release);
  w.starved_lock.unlock();
}

void flush_caches(p& pr) noexcept {
  if (pr.stack_count > 0) give_stacks_back(pr, pr.stack_count);
}

OFFSET_NO_TSAN void goroutine_main(fiber::fiber& fib, fiber::carrier&) {
  g& self = *g_of(fib);
  for (;;) {
    base::tsan_acquire(self.start);
    run_one(self);
    tsan_leaves_bubble();
    // Ended. From here on nothing of the goroutine's is used but its stack.
    if (current_f() == nullptr) end_of_forked_child();
    f& me = *current_f();
    world& w = *self.home;
    if (self.pinned_to != nullptr) {
      count_end(w, nullptr);
      me.pinned = nullptr;
      w.pinned_running.fetch_sub(1, std::memory_order_seq_cst);
      me.current = nullptr;
      fiber::switch_to(me.switcher, fib, me.switcher.own, commit_end_single, &self, true);
    }
    p& pr = *me.proc;
    count_end(w, &pr);
    const bool single = self.stack.home == nullptr;
    const task t = pick(pr);
    if constexpr (!base::asan && !base::tsan) {
      // A goroutine that has not started runs on this very stack: no switch at all.
      if (t && t.is_seed() && !single) {
        begin(self, t.as_seed());
        continue;
      }
    }
    const commit_fn commit = single ? commit_end_single : commit_end;
    if (t) {
      switch_to_task(me, fib, t, commit, &self, true);
    } else {
      me.current = nullptr;
      fiber::switch_to(me.switcher, fib, me.switcher.own, commit, &self, true);
    }
    std::abort();  // an ended goroutine is not resumed
  }
}

namespace {

struct main_call {
  world* w;
  int (*main)(void*);
  void* arg;
};

// Main has returned. A panic on its way elsewhere is told first, as in Go: nobody will catch it,
// but its destructors may give way. One whose destructors wait for long does not hold the end up;
// one that has begun to tell ends the program.
void let_panics_tell(world& w) noexcept {
  constexpr int turns = 1000;
  for (int i = 0; i < turns && w.panicking.load(std::memory_order_acquire) != 0; ++i) yield();
  while (telling()) yield();
}

void run_main_call(seed* s) {
  const main_call call = *static_cast<main_call*>(s->closure());
  detail::seed_delete(s);
  world& w = *call.w;
  try {
    w.main_status = call.main(call.arg);
  } catch (const goexit_signal&) {
    throw;
  } catch (...) {
    w.main_error = std::current_exception();
  }
  if (current_f() == nullptr) end_of_forked_child();
  if (current_f()->current->exiting) return;  // goexit was swallowed
  if (w.bubble != nullptr) {
    w.bubble->main_returned = true;
    return;
  }
  let_panics_tell(w);
  w.main_done.wake();
}

}  // namespace

void start_main(world& w, int (*main)(void*), void* arg) {
  bool no_memory = false;
  g* const self = new_single(w, w.set.main_stack_size, no_memory);
  if (self == nullptr)
    throw std::system_error(ENOMEM, std::generic_category(),
                            "offset: run: cannot map the main goroutine's stack");
  seed* const s = new_outside(w, sizeof(seed) + sizeof(main_call), nullptr);
  s->id = (s->id & ~id_mask) | 1;
  ::new (s->closure()) main_call{&w, main, arg};
  s->run = run_main_call;
  self->is_main = true;
  begin(*self, s);
  fiber::init_fiber(nullptr, self->fib, goroutine_main);
  self->state.store(g_state::runnable, std::memory_order_relaxed);
  base::tsan_release(self);
  base::tsan_release(s);
  w.started_outside.fetch_add(1, std::memory_order_release);
  w.global.push(task(self));
}

}  // namespace offset::inline v0::sched

namespace offset::inline v0::detail {

using namespace sched;

// Not inlined, so that the return address is in the code that called go.
[[gnu::noinline]] OFFSET_NO_TSAN seed* seed_new(std::size_t closure_size) {
  const void* const origin = __builtin_return_address(0);
  const std::size_t size = sizeof(seed) + closure_size;
  f* const me = current_f();
  if (me != nullptr && me->proc != nullptr) return new_local(*me->proc, size, origin);
  outside_call::count().fetch_add(1, std::memory_order_seq_cst);
  try {
    world* const w = live_world().load(std::memory_order_seq_cst);
    if (w == nullptr) throw_no_runtime();
    return new_outside(*w, size, origin);
  } catch (...) {
    outside_call::end();
    throw;
  }
}

OFFSET_NO_TSAN void seed_delete(seed* s) noexcept {
  // Called on the goroutine that runs it.
  const std::size_t c = s->id >> class_shift & 0x7;
  f& me = *current_f();
  free_block(*me.home, me.proc, s, c);
}

OFFSET_NO_TSAN void seed_discard(seed* s) noexcept {
  const std::size_t c = s->id >> class_shift & 0x7;
  if (made_outside(s)) {
    world& w = world_of(s);
    free_block(w, nullptr, s, c);
    w.stacks.unclaim(1);
    outside_call::end();
  } else {
    p& pr = *current_f()->proc;
    ++pr.credits;
    free_block(*pr.home, &pr, s, c);
  }
}

void seed_start(seed* s) noexcept { queue_seed(s); }

void seed_start_with(seed* s, const go_options& options) {
  constexpr std::size_t least_stack = std::size_t{16} << 10;
  constexpr std::size_t most_stack = std::size_t{1} << 40;
  if (options.stack_size != 0 &&
      (options.stack_size < least_stack || options.stack_size > most_stack))
    throw std::invalid_argument("offset: go: stack_size is " + std::to_string(options.stack_size) +
                                " bytes; it must be from 16 KiB to 1 TiB");
  if (options.stack_size == 0 && options.name.empty() && !options.pinned) {
    queue_seed(s);
    return;
  }
  f* const me = current_f();
  const bool outside = made_outside(s);
  world& w = outside ? world_of(s) : *me->home;
  auto special = std::make_unique<g_special>();
  special->name = options.name;
  const bool pinned = options.pinned && w.bubble == nullptr;  // a bubble has one thread for all
  special->pinned = pinned;
  bool no_memory = false;
  g* const self =
      new_single(w, options.stack_size != 0 ? options.stack_size : w.set.stack_size, no_memory);
  if (self == nullptr)
    throw std::system_error(ENOMEM, std::generic_category(),
                            "offset: go: cannot map a stack of " +
                                std::to_string(options.stack_size) + " bytes");
  begin(*self, s);
  fiber::init_fiber(nullptr, self->fib, goroutine_main);
  self->special = special.release();
  self->state.store(g_state::runnable, std::memory_order_relaxed);
  base::tsan_release(self);
  base::tsan_release(s);
  if (pinned) {
    try {
      start_pinned(w, *self);
    } catch (...) {
      commit_end_single(nullptr, self);
      throw;
    }
    w.started_outside.fetch_add(1, std::memory_order_release);
  } else if (!outside) {
    p& pr = *me->proc;
    pr.started.store(pr.started.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    push_next(pr, task(self));
    schedule_point();
  } else {
    w.started_outside.fetch_add(1, std::memory_order_release);
    w.global.push(task(self));
    work_published(w);
  }
  if (outside) outside_call::end();
}

void go_nil() noexcept { fatal("go of nil func value"); }

OFFSET_NO_TSAN bool in_goroutine() noexcept {
  f* const me = current_f();
  return me != nullptr && me->current != nullptr;
}

}  // namespace offset::inline v0::detail

namespace offset::inline v0 {

OFFSET_NO_TSAN void goexit() {
  using namespace sched;
  f* const me = current_f();
  if (me == nullptr || me->current == nullptr)
    throw std::logic_error("offset: goexit: not on a goroutine");
  me->current->exiting = true;
  throw goexit_signal();
}

OFFSET_NO_TSAN std::uint64_t goroutine_id() noexcept {
  sched::f* const me = sched::current_f();
  return me != nullptr && me->current != nullptr ? me->current->id : 0;
}

OFFSET_NO_TSAN std::size_t num_goroutines() noexcept {
  sched::f* const me = sched::current_f();
  if (me != nullptr) return me->home->goroutines();
  sched::outside_call guard;
  sched::world* const w = sched::live_world().load(std::memory_order_seq_cst);
  return w != nullptr ? w->goroutines() : 0;
}

}  // namespace offset::inline v0
