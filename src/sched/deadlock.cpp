#include "sched/deadlock.h"

#include <algorithm>
#include <atomic>
#include <dirent.h>
#include <vector>

#include "base/backtrace.h"
#include "base/sanitizer.h"
#include "blocking/pool.h"
#include "fiber/fiber.h"
#include "sched/panic.h"
#include "sched/singles.h"
#include "sched/sysmon.h"
#include "sched/world.h"

namespace offset::inline v0::sched {
namespace {

constinit std::atomic<bool> silenced{false};

std::size_t threads_of_process() noexcept {
  DIR* const d = opendir("/proc/self/task");
  if (d == nullptr) return ~std::size_t{0};  // unknown: assume that somebody else is there
  std::size_t n = 0;
  while (const dirent* e = readdir(d))
    if (e->d_name[0] != '.') ++n;
  closedir(d);
  return n;
}

bool everything_asleep(world& w) noexcept {
  const std::uint32_t word = w.idle.word();
  return word >> 16 == 0 && (word & 0xffff) == w.active() &&
         w.starting.load(std::memory_order_seq_cst) == 0 &&
         w.pinned_running.load(std::memory_order_seq_cst) == 0 && w.io->in_flight() == 0 &&
         w.earliest_timer() == base::never && w.global.size() == 0 && !w.work_visible() &&
         !w.stopping.load(std::memory_order_seq_cst) && !w.main_done.is_set();
}

}  // namespace

void append_goroutines(std::string& text, world& w, fiber::carrier* here) {
  std::vector<g*> all;
  const auto add = [&all](g* self) {
    if (self->state.load(std::memory_order_acquire) != g_state::free) all.push_back(self);
  };
  for (world::single* s = w.singles; s != nullptr; s = s->next) add(s->self);
  w.stacks.for_each([&](std::byte* header) { add(reinterpret_cast<g*>(header)); });
  std::sort(all.begin(), all.end(), [](const g* a, const g* b) { return a->id < b->id; });
  constexpr std::size_t most = 1000;
  for (std::size_t i = 0; i < all.size() && i < most; ++i) {
    g& self = *all[i];
    const g_state state = self.state.load(std::memory_order_relaxed);
    if (i > 0) text += '\n';
    text += header_of(self, state == g_state::running ? "running"
                            : state == g_state::runnable
                                ? "runnable"
                                : to_string(self.reason.load(std::memory_order_relaxed))) +
            "\n";
    if (state != g_state::running) {
      base::backtrace stack;
      fiber::visit(
          *here, self.fib, [](void* p) { static_cast<base::backtrace*>(p)->take(1); }, &stack);
      base::append(text, stack);
    }
    if (self.origin != nullptr) text += "created by " + base::describe_address(self.origin) + "\n";
  }
  if (all.size() > most)
    text += "\n...and " + std::to_string(all.size() - most) + " goroutines more\n";
}

void never_report_deadlocks() noexcept { silenced.store(true, std::memory_order_release); }

void suspect_deadlock(world& w) noexcept {
  if (!w.reports_deadlock || silenced.load(std::memory_order_acquire)) return;
  if (w.starting.load(std::memory_order_seq_cst) != 0) {
    // Whoever started a carrier has not finished doing so: look again when it has.
    w.suspicion.store(true, std::memory_order_release);
    wake_sysmon(w);
    return;
  }
  if (!everything_asleep(w)) return;
  // Ours: carriers and pinned threads, sysmon, the I/O pool, and the thread that called run.
  std::size_t own = w.threads_alive.load(std::memory_order_seq_cst) + 2 + w.io->threads();
  if constexpr (base::tsan) ++own;  // the sanitizer's own thread
  const std::size_t threads = threads_of_process();
  if (threads > own) {
    if (w.threads_at_suspicion.exchange(threads, std::memory_order_relaxed) != threads) {
      w.suspicion.store(true, std::memory_order_release);
      wake_sysmon(w);
    }
    return;
  }
  if (!everything_asleep(w)) return;
  // The last two carriers to fall asleep may both come here. One goes on: it looks into every
  // goroutine's stack, which one at a time may do.
  begin_dying();
  std::string rest;
  fiber::carrier* const here = &current_f()->switcher;
  if (const std::size_t starved = w.starved_count.load(std::memory_order_acquire); starved > 0) {
    append_goroutines(rest, w, here);
    finish_fatal("out of memory: the kernel gives no stack for " + std::to_string(starved) +
                     " goroutines (see vm.max_map_count), and all others are asleep",
                 rest);
  }
  if (w.goroutines() == 0)
    finish_fatal("no goroutines (main called runtime.Goexit) - deadlock!", "");
  append_goroutines(rest, w, here);
  finish_fatal("all goroutines are asleep - deadlock!", rest);
}

}  // namespace offset::inline v0::sched
