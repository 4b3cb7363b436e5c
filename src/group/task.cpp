// task: the goroutine's side, the handle's end, and gathering.
//
// A task ends once: its failure or its value is stored, whoever gathers it is told, the gate opens.
// `watcher` decides between a gathering that attaches and the task that ends: 0 -> the gathering ->
// ended, or 0 -> ended. Whoever takes the gathering out of it has its reference.
#include "offset/task.hpp"

#include <exception>
#include <new>

#include "context/node.h"
#include "group/untaken.h"
#include "sched/goexit.h"
#include "sched/panic.h"
#include "sched/throw_site.h"

namespace offset::inline v0::detail {

struct task_failure {
  sched::failure what;
  bool only_reports = false;  // nobody misses it
  std::uint64_t turn = 0;     // failures of all tasks, in the order in which they came
};

namespace {

constexpr const char* name = "an offset::task";
constexpr std::uintptr_t ended = 1;

/// One call of gather that waits. Counted: by the call, and by every task that may still tell it.
class gathering {
 public:
  explicit gathering(std::size_t tasks) noexcept : left_(tasks) {}
  void release() noexcept {
    // Acquire-release: the last one sees everything that the others did.
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  /// The task tells it when it ends, or has told it now.
  void attach(task_core& t) noexcept {
    refs_.fetch_add(1, std::memory_order_relaxed);
    std::uintptr_t nobody = 0;
    // Release: the task finds it whole. Acquire: what the task stored is seen.
    if (t.watcher.compare_exchange_strong(nobody, reinterpret_cast<std::uintptr_t>(this),
                                          std::memory_order_acq_rel, std::memory_order_acquire))
      return;
    tell(t.failed != nullptr);
    release();
  }
  void detach(task_core& t) noexcept {
    std::uintptr_t me = reinterpret_cast<std::uintptr_t>(this);
    if (t.watcher.compare_exchange_strong(me, 0, std::memory_order_acq_rel)) release();
  }
  void tell(bool failed) noexcept {
    const bool last = left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    if ((failed || last) && !told_.exchange(true, std::memory_order_acq_rel)) enough_.open();
  }
  op_status wait(const context* waiting) {
    if (waiting != nullptr) return enough_.wait(*waiting);
    enough_.wait();
    return op_status::ok;
  }

 private:
  ~gathering() = default;
  gate enough_{gate_kind::task};  // opens when one has failed, or all have ended
  std::atomic<std::size_t> left_;
  std::atomic<bool> told_{false};
  std::atomic<std::size_t> refs_{1};
};

void end(task_core& t) noexcept {
  // Acquire-release: see attach.
  const std::uintptr_t who = t.watcher.exchange(ended, std::memory_order_acq_rel);
  if (who != 0) {
    auto* const g = reinterpret_cast<gathering*>(who);
    g->tell(t.failed != nullptr);
    g->release();
  }
  t.ended.open();
}

void fail(task_core& t, sched::failure&& f, bool counts) noexcept {
  static std::atomic<std::uint64_t> turns{0};
  auto* const kept = new (std::nothrow) task_failure;
  if (kept == nullptr) {
    // There is no room to keep it in, so nobody can take it.
    grouping::untaken(f, name, false);
    sched::die("fatal error: no memory to keep a task's failure\n");
  }
  kept->only_reports = !counts || grouping::only_reports(t.ctx, f.error);
  kept->what = std::move(f);
  kept->turn = turns.fetch_add(1, std::memory_order_relaxed);
  t.failed = kept;
}

[[noreturn]] void throw_taken() {
  throw panic_error("offset: task: get: what it answered was taken already");
}

}  // namespace

int exceptions_in_flight() noexcept { return std::uncaught_exceptions(); }

void task_release(task_core* t) noexcept {
  // Acquire-release: the last one sees everything that the others did.
  if (t->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  delete t->failed;
  t->destroy(t);
}

void task_derive(task_core& t, const context& parent) {
  auto [ctx, cancel] = context::with_cancel(parent);
  t.ctx = std::move(ctx);
  t.cancel = std::move(cancel);
}

task_core& task_checked(task_core* t) {
  if (t == nullptr)
    throw panic_error("offset: task: it has no goroutine: default-constructed, or moved from");
  return *t;
}

void task_run(task_core& t, void* frame, void (*call)(void* frame), bool has_value) {
  const struct at_end {
    task_core& t;
    ~at_end() {
      t.cancel();  // leaves its parent
      end(t);
    }
  } guard{t};
  try {
    call(frame);
  } catch (const sched::goexit_signal&) {
    if (has_value)
      fail(t,
           sched::failure_here(std::make_exception_ptr(
               panic_error("offset: task: goexit ended it before it answered"))),
           false);
    throw;
  } catch (const sched::throw_site_probe&) {
    // Never: it only looks at where the exception was thrown, before anything is unwound.
  } catch (...) {
    fail(t, sched::failure_here(), true);
  }
}

void task_take(task_core& t) {
  // Relaxed: it decides who takes; what is taken was seen through the gate.
  if (t.taken.exchange(true, std::memory_order_relaxed)) throw_taken();
  if (t.failed != nullptr) std::rethrow_exception(t.failed->what.error);
}

void task_abandon(task_core* t, int unwinding) noexcept {
  t->cancel();
  t->ended.wait_at_end();
  if (t->failed != nullptr && !t->failed->only_reports && !t->taken.load(std::memory_order_relaxed))
    grouping::untaken(t->failed->what, name, grouping::is_unwinding(unwinding));
}

op_status gather_all(task_core* const* tasks, std::size_t count, const context* waiting) {
  for (std::size_t i = 0; i < count; ++i)
    if (tasks[i]->taken.load(std::memory_order_relaxed)) throw_taken();
  if (waiting != nullptr) {
    detail_context::checked(*waiting);
    if (waiting->err()) return op_status::canceled;
  }
  if (count == 0) return op_status::ok;
  {
    struct attached {
      gathering* to;
      task_core* const* tasks;
      std::size_t count;
      ~attached() {
        for (std::size_t i = 0; i < count; ++i) to->detach(*tasks[i]);
        to->release();
      }
    } const here{new gathering(count), tasks, count};
    for (std::size_t i = 0; i < count; ++i) here.to->attach(*tasks[i]);
    if (here.to->wait(waiting) != op_status::ok) return op_status::canceled;
  }
  // All have ended, unless one has failed: then the others are told.
  for (std::size_t i = 0; i < count; ++i) tasks[i]->cancel();
  task_core* first = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    if (waiting == nullptr)
      tasks[i]->ended.wait();
    else if (tasks[i]->ended.wait(*waiting) != op_status::ok)
      return op_status::canceled;
    if (tasks[i]->failed != nullptr &&
        (first == nullptr || tasks[i]->failed->turn < first->failed->turn))
      first = tasks[i];
  }
  if (first != nullptr) task_take(*first);
  for (std::size_t i = 0; i < count; ++i) tasks[i]->taken.store(true, std::memory_order_relaxed);
  return op_status::ok;
}

}  // namespace offset::inline v0::detail
