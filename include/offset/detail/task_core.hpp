/// \file
/// The part of a task that does not depend on what it answers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/detail/gate.hpp>
#include <offset/error.hpp>

namespace offset::inline v0::detail {

struct task_failure;

/// Shared by the handle and the goroutine. `failed` is written before `ended` opens, and read after
/// it has; the value, in what derives from it, likewise.
struct task_core {
  task_core(void (*d)(task_core*) noexcept) noexcept : destroy(d) {}
  task_core(const task_core&) = delete;
  task_core& operator=(const task_core&) = delete;

  gate ended{gate_kind::task};
  std::atomic<int> refs{1};
  std::atomic<bool> taken{false};          // the value, or the failure
  std::atomic<std::uintptr_t> watcher{0};  // a gathering; src/group/gather.cpp
  task_failure* failed = nullptr;
  context ctx;  // nil where the function does not take it
  cancel_func cancel;
  void (*const destroy)(task_core*) noexcept;

 protected:
  ~task_core() = default;
};

OFFSET_API void task_release(task_core* t) noexcept;
/// A context of the task's own.
OFFSET_API void task_derive(task_core& t, const context& parent);
/// On the task's goroutine: calls, and keeps what leaves it. `has_value`: one that ends by goexit
/// has failed.
OFFSET_API void task_run(task_core& t, void* frame, void (*call)(void* frame), bool has_value);
/// Checks a handle before it is used.
OFFSET_API task_core& task_checked(task_core* t);
/// It has ended: the one call that may have the value, or throws the failure.
OFFSET_API void task_take(task_core& t);
/// What a handle's destructor does; `unwinding` is how many exceptions were in flight when it was
/// made.
OFFSET_API void task_abandon(task_core* t, int unwinding) noexcept;
OFFSET_API int exceptions_in_flight() noexcept;

/// Waits until all have ended and takes them; after the first failure in time it cancels the
/// others, waits for them as well, takes the first, and throws it. Until `waiting` (or null) is
/// done: canceled.
OFFSET_API op_status gather_all(task_core* const* tasks, std::size_t count, const context* waiting);

/// One counted reference.
class task_ref {
 public:
  task_ref() noexcept = default;
  explicit task_ref(task_core* adopted) noexcept : core_(adopted) {}
  task_ref(const task_ref& o) noexcept : core_(o.core_) {
    // Relaxed: the reference copied keeps it alive meanwhile.
    if (core_ != nullptr) core_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  task_ref(task_ref&& o) noexcept : core_(std::exchange(o.core_, nullptr)) {}
  task_ref& operator=(task_ref o) noexcept {
    std::swap(core_, o.core_);
    return *this;
  }
  ~task_ref() {
    if (core_ != nullptr) task_release(core_);
  }
  task_core* get() const noexcept { return core_; }

 private:
  task_core* core_ = nullptr;
};

}  // namespace offset::inline v0::detail
