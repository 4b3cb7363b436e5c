#include "blocking/pool.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <pthread.h>
#include <signal.h>
#include <string>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include <boost/lockfree/queue.hpp>

#include "base/clock.h"
#include "base/futex.h"
#include "base/sanitizer.h"
#include "offset/context.hpp"
#include "offset/error.hpp"
#include "offset/go.hpp"
#include "sched/in_place.h"
#include "sched/sysmon.h"
#include "sched/world.h"

namespace offset::inline v0::io_pool {
namespace {

constexpr std::int64_t idle_ns = 10'000'000'000;
constexpr std::size_t queue_nodes = 256;
constexpr unsigned checks_to_be_sure = 3;

}  // namespace

struct pool::queue {
  // False when there is no node left. What the caller did is before what the one that pops does.
  bool push(job* j) noexcept {
    const base::tsan_unseen guard{};
    return jobs_.bounded_push(j);
  }
  job* pop() noexcept {
    const base::tsan_unseen guard{};
    job* j = nullptr;
    return jobs_.pop(j) ? j : nullptr;
  }

 private:
  boost::lockfree::queue<job*> jobs_{queue_nodes};
};

struct pool::worker {
  pool* home = nullptr;
  worker* next = nullptr;
  pthread_t thread{};
  std::atomic<pid_t> tid{0};
};

pool::pool(sched::world& w) : world_(w) {
  const base::leak_exempt guard{};
  queue_ = std::make_unique<queue>();
}

pool::~pool() {
  while (workers_ != nullptr) {
    worker* const next = workers_->next;
    delete workers_;
    workers_ = next;
  }
}

bool pool::claim_idle() noexcept {
  std::int64_t idle = idle_.load(std::memory_order_seq_cst);
  while (idle > 0)
    if (idle_.compare_exchange_weak(idle, idle - 1, std::memory_order_seq_cst)) return true;
  return false;
}

void pool::give_token() noexcept {
  tokens_.fetch_add(1, std::memory_order_release);
  base::futex_wake(tokens_, 1);
}

void pool::prepare() {
  in_flight_.fetch_add(1, std::memory_order_seq_cst);
  // One thread for each call that has not ended, up to the ceiling.
  std::size_t n = threads_.load(std::memory_order_seq_cst);
  while (n < in_flight_.load(std::memory_order_seq_cst) && n < world_.set.io_threads) {
    if (!threads_.compare_exchange_weak(n, n + 1, std::memory_order_seq_cst)) continue;
    if (start_thread()) break;
    const int error = errno;
    if (threads_.fetch_sub(1, std::memory_order_seq_cst) > 1) break;  // others will get to it
    in_flight_.fetch_sub(1, std::memory_order_seq_cst);
    throw std::system_error(error, std::generic_category(),
                            "offset: blocking: cannot create a thread");
  }
}

void pool::submit(job& j) noexcept {
  queued_.fetch_add(1, std::memory_order_seq_cst);
  if (!queue_->push(&j)) {
    lock_.lock();
    j.next = nullptr;
    if (spare_last_ != nullptr)
      spare_last_->next = &j;
    else
      spare_first_ = &j;
    spare_last_ = &j;
    lock_.unlock();
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (claim_idle())
    give_token();
  else if (stalled_maybe())
    sched::wake_sysmon(world_);
}

job* pool::take_any() noexcept {
  job* j = queue_->pop();
  if (j == nullptr) {
    lock_.lock();
    j = spare_first_;
    if (j != nullptr) {
      spare_first_ = j->next;
      if (spare_first_ == nullptr) spare_last_ = nullptr;
    }
    lock_.unlock();
  }
  if (j != nullptr) queued_.fetch_sub(1, std::memory_order_seq_cst);
  return j;
}

job* pool::take() noexcept {
  while (job* const j = take_any()) {
    if (!j->revocable) return j;
    auto* const r = static_cast<revocable_job*>(j);
    if (r->leave_queue(revocable_job::begun)) return j;
    // Its goroutine has gone on without it.
    r->drop();
    call_over();
  }
  return nullptr;
}

bool pool::start_thread() noexcept {
  auto* const made = new (std::nothrow) worker;
  if (made == nullptr) {
    errno = ENOMEM;
    return false;
  }
  made->home = this;
  lock_.lock();
  made->next = workers_;
  workers_ = made;
  lock_.unlock();
  world_.retain();
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  for (const int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPIPE})
    sigdelset(&all, s);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const int error = pthread_create(&made->thread, &attributes, worker_main, made);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (error == 0) return true;
  lock_.lock();
  worker** at = &workers_;
  while (*at != made) at = &(*at)->next;
  *at = made->next;
  lock_.unlock();
  delete made;
  world_.references.fetch_sub(1, std::memory_order_acq_rel);
  errno = error;
  return false;
}

void* pool::worker_main(void* arg) {
  worker* const me = static_cast<worker*>(arg);
  pool& p = *me->home;
  me->tid.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_release);
  p.work(*me);
  p.lock_.lock();
  worker** at = &p.workers_;
  while (*at != me) at = &(*at)->next;
  *at = me->next;
  p.lock_.unlock();
  delete me;
  sched::world& w = p.world_;
  p.threads_.fetch_sub(1, std::memory_order_seq_cst);
  w.release();
  return nullptr;
}

// True for a token; false when the thread should end.
bool pool::wait_for_token() noexcept {
  const auto consume = [this] {
    std::uint32_t n = tokens_.load(std::memory_order_acquire);
    while (n > 0)
      if (tokens_.compare_exchange_weak(n, n - 1, std::memory_order_acq_rel)) return true;
    return false;
  };
  const std::int64_t until = base::now_ns() + idle_ns;
  for (;;) {
    if (consume()) return true;
    if (stopping_.load(std::memory_order_seq_cst)) return false;
    if (!base::futex_wait_until(tokens_, 0, until)) {
      if (claim_idle()) return false;  // took itself out
      // Somebody has claimed an idle thread and its token is coming.
      while (!consume()) {
        if (stopping_.load(std::memory_order_seq_cst)) return false;
        base::futex_wait(tokens_, 0);
      }
      return true;
    }
  }
}

void pool::hand_back(sched::sleeper who) noexcept {
  // In this order: the goroutine is never without somebody who accounts for it.
  sched::ready(who);
  call_over();
}

void pool::call_over() noexcept {
  in_flight_.fetch_sub(1, std::memory_order_seq_cst);
  // Should it have run and come to a deadlock in between, the carrier that looked saw a call under
  // way: let it look again.
  if (world_.idle.sleeping() == world_.active())
    if (sched::f* const idle_f = world_.idle.take(false)) idle_f->note.wake();
}

void pool::work(worker&) noexcept {
  for (;;) {
    if (stopping_.load(std::memory_order_seq_cst)) return;
    job* const j = take();
    if (j != nullptr) {
      const sched::sleeper who = j->who;
      const std::uint64_t began = base::coarse_ticks();
      j->f(j->arg);
      j->ticks = base::coarse_ticks() - began;
      if (j->revocable) static_cast<revocable_job*>(j)->drop();
      ended_.fetch_add(1, std::memory_order_seq_cst);
      hand_back(who);
      continue;
    }
    idle_.fetch_add(1, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (queued_.load(std::memory_order_seq_cst) != 0) {
      if (claim_idle()) continue;
    }
    if (!wait_for_token()) return;
  }
}

bool pool::stalled_maybe() const noexcept {
  return queued_.load(std::memory_order_seq_cst) != 0 &&
         threads_.load(std::memory_order_seq_cst) >= world_.set.io_threads;
}

bool pool::all_wait_for_ever() const noexcept {
  // /proc/self/task/TID/syscall: the number of the system call and its arguments. A futex wait
  // whose fourth argument, the time-out, is null ends only by a wake.
  for (const worker* w = workers_; w != nullptr; w = w->next) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/syscall",
                  static_cast<int>(w->tid.load(std::memory_order_acquire)));
    std::FILE* const file = std::fopen(path, "re");
    if (file == nullptr) return false;
    long number = -1;
    unsigned long long args[4] = {};
    const int n = std::fscanf(file, "%ld %llx %llx %llx %llx", &number, &args[0], &args[1],
                              &args[2], &args[3]);
    std::fclose(file);
    if (n != 5 || number != SYS_futex || args[3] != 0) return false;
    constexpr unsigned long long command = 0x7f;
    const unsigned long long op = args[1] & command;
    if (op != 0 && op != 9) return false;  // FUTEX_WAIT, FUTEX_WAIT_BITSET
  }
  return true;
}

void pool::check_stall(sched::world& w) noexcept {
  const std::size_t ended = ended_.load(std::memory_order_seq_cst);
  const bool asleep = w.idle.sleeping() == w.active() && w.earliest_timer() == base::never;
  bool stuck = stalled_maybe() && ended == ended_at_last_check_ && asleep;
  if (stuck) {
    lock_.lock();
    stuck = all_wait_for_ever();
    lock_.unlock();
  }
  ended_at_last_check_ = ended;
  if (!stuck) {
    stalled_checks_ = 0;
    return;
  }
  if (++stalled_checks_ < checks_to_be_sure) return;
  stalled_checks_ = 0;
  job* const j = take();
  if (j == nullptr) return;
  j->stalled = true;
  const sched::sleeper who = j->who;
  if (j->revocable) static_cast<revocable_job*>(j)->drop();
  hand_back(who);
}

void pool::drop_queued() noexcept {
  while (job* const j = take_any())
    if (j->revocable) static_cast<revocable_job*>(j)->drop();
}

void pool::stop() noexcept {
  stopping_.store(true, std::memory_order_seq_cst);
  if (threads_.load(std::memory_order_seq_cst) == 0) return;
  // Every idle thread sees a token or the flag; the word must change for those about to sleep.
  tokens_.fetch_add(1U << 16, std::memory_order_seq_cst);
  base::futex_wake(tokens_, 1 << 30);
  // Threads that are idle go now, so that a program that ends has none of them left.
  const std::int64_t until = base::now_ns() + 50'000'000;
  while (threads_.load(std::memory_order_seq_cst) > in_flight_.load(std::memory_order_seq_cst) &&
         base::now_ns() < until)
    usleep(50);
}

}  // namespace offset::inline v0::io_pool

namespace offset::inline v0::detail {

namespace {

void submit_and_park(io_pool::pool& io, io_pool::job& j, sched::parker& here) {
  struct submit_arg {
    io_pool::pool* io;
    io_pool::job* j;
  } to{&io, &j};
  here.park(
      [](fiber::carrier*, void* p) {
        const submit_arg a = *static_cast<submit_arg*>(p);
        a.io->submit(*a.j);
      },
      &to, sched::wait_reason::blocking, {});
}

[[noreturn]] void throw_stalled(const sched::world& w) {
  throw std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                          "offset: blocking: all " + std::to_string(w.set.io_threads) +
                              " threads of the I/O pool wait in calls that wait for one another, "
                              "and more are queued; "
                              "raise options::io_threads or OFFSET_IO_THREADS");
}

}  // namespace

void blocking_run(void (*f)(void*), void* arg) {
  using namespace sched;
  io_pool::job j;
  parker here;
  here.check();
  if (run_in_place(f, arg)) return;
  world& w = *current_f()->home;
  w.io->prepare();
  j.f = f;
  j.arg = arg;
  j.who = here.who();
  submit_and_park(*w.io, j, here);
  if (j.stalled) throw_stalled(w);
  call_took(f, j.ticks);
}

op_status blocking_run(const context& ctx, void (*f)(void*), void* arg) {
  using namespace sched;
  using io_pool::revocable_job;
  if (!ctx) throw panic_error("invalid use of a nil context");
  if (ctx.err()) return op_status::canceled;
  parker here;
  here.check();
  if (run_in_place(f, arg)) return op_status::ok;
  world& w = *current_f()->home;
  auto made = std::make_unique<revocable_job>();
  made->revocable = true;
  made->job::f = f;
  made->arg = arg;
  made->job::who = here.who();
  made->cancel_hook::who = here.who();
  made->fire = [](cancel_hook& h) noexcept {
    auto& j = static_cast<revocable_job&>(h);
    return j.leave_queue(revocable_job::revoked) ? cancel_action::wake : cancel_action::nothing;
  };
  struct arg_t {
    io_pool::pool* io;
    revocable_job* j;
    const context* ctx;
  } to{w.io.get(), made.get(), &ctx};
  w.io->prepare();
  revocable_job* const j = made.release();
  static constexpr abandon_actions when_abandoned{
      [](void* p) noexcept {
        // Not while the context has it in hand and is about to make it ready.
        revocable_job& mine = *static_cast<arg_t*>(p)->j;
        if (!mine.leave_queue(revocable_job::revoked) &&
            mine.phase.load(std::memory_order_acquire) == revocable_job::revoked)
          return false;
        cancel_unwatch(mine);
        return true;
      },
      [](void* p) noexcept { cancel_unwatch(*static_cast<arg_t*>(p)->j); }};
  here.park(
      [](fiber::carrier*, void* p) {
        const arg_t a = *static_cast<arg_t*>(p);
        // The stack has been left: from here on the goroutine may be made ready at any moment, by a
        // thread of the pool or by the context, whichever leaves the queue first. So the hook is
        // linked first, and submitting is the last that is done.
        revocable_job& mine = *a.j;
        if (!cancel_watch(*a.ctx, mine)) {
          // Done already, before anybody else knew of the call.
          static_cast<void>(mine.leave_queue(revocable_job::revoked));
          const sleeper who = mine.job::who;
          a.io->submit(mine);  // a thread will come upon it and drop it
          ready(who);
          return;
        }
        a.io->submit(mine);
      },
      &to, wait_reason::blocking, {&when_abandoned, &to});
  cancel_unwatch(*j);
  const bool revoked = j->phase.load(std::memory_order_acquire) == revocable_job::revoked;
  const bool stalled = j->stalled;
  const std::uint64_t ticks = j->ticks;
  j->drop();
  if (stalled) throw_stalled(w);
  if (!revoked) call_took(f, ticks);
  return revoked ? op_status::canceled : op_status::ok;
}

}  // namespace offset::inline v0::detail
