// The channels that want signals, and the thread that delivers.
//
// notify enters a channel, on the caller's thread. What takes channels out (stop, reset, ignore) is
// a request to the thread that delivers, for which the caller waits: between two deliveries nobody
// is in the middle of one. The thread takes the channels out, ends the catching of what nobody
// wants any more, waits for handlers that had begun, delivers what they recorded (to the channels
// just taken out as well, so that nothing is lost), and answers.
//
// The thread blocks every signal but those that are wanted. So they arrive even in a program that
// blocks them in all its threads.
#include "offset/os/signal.hpp"

#include <algorithm>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <system_error>
#include <utility>
#include <vector>

#include "os/dispositions.h"
#include "sched/deadlock.h"

namespace offset::inline v0::os {
namespace {

using dispositions::bit;
using dispositions::set;

struct subscription {
  send_chan<signal> to;
  set which = 0;
};

struct request {
  send_chan<signal> only;  // nil: every channel
  set which = 0;
  bool ignore = false;
  chan<void> done{};
};

class hub {
 public:
  // Never destroyed: the thread lives as long as the process.
  static hub& get() {
    static hub& one = *new hub;
    return one;
  }

  void add(const send_chan<signal>& c, set which) {
    const std::scoped_lock held(lock_);
    start_thread();
    auto at = std::find_if(subscriptions_.begin(), subscriptions_.end(),
                           [&](const subscription& s) { return s.to == c; });
    if (at == subscriptions_.end()) at = subscriptions_.insert(at, {c, 0});
    at->which |= which;
    for (int n = 1; n <= 64; ++n)
      if ((which & bit(n)) != 0 && (dispositions::wanted() & bit(n)) == 0) dispositions::want(n);
    dispositions::nudge();  // the thread lets them through
  }

  void remove(request r) {
    chan<void> done;
    {
      const std::scoped_lock held(lock_);
      if (!started_) {
        std::vector<subscription> none;
        carry_out(r, none);
        return;
      }
      if (r.only && !has(r.only)) return;
      r.done = done = make_chan<void>();
      requests_.push_back(std::move(r));
      dispositions::nudge();
    }
    done.recv();
  }

 private:
  bool has(const send_chan<signal>& c) const noexcept {
    return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                       [&](const subscription& s) { return s.to == c; });
  }

  void start_thread() {
    if (started_) return;
    if (!std::exchange(prepared_, true)) dispositions::prepare();
    sched::never_report_deadlocks();
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    pthread_sigmask(SIG_SETMASK, &all, &old);
    const int error = pthread_create(
        &thread, &attributes,
        [](void* self) -> void* {
          for (;;) static_cast<hub*>(self)->serve();
        },
        this);
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    pthread_attr_destroy(&attributes);
    if (error != 0)
      throw std::system_error(error, std::generic_category(),
                              "offset: os::notify: cannot create a thread");
    started_ = true;
  }

  // The thread that delivers: once around.
  void serve() noexcept {
    dispositions::wait();
    std::vector<request> asked;
    std::vector<subscription> leaving;
    {
      const std::scoped_lock held(lock_);
      asked.swap(requests_);
      for (const request& r : asked) carry_out(r, leaving);
      let_through(dispositions::wanted());
    }
    if (!asked.empty())
      while (!dispositions::idle()) sched_yield();
    deliver(dispositions::take(), leaving);
    for (const request& r : asked) r.done.close();
  }

  // Under the lock. What leaves is added to `leaving`.
  void carry_out(const request& r, std::vector<subscription>& leaving) {
    for (subscription& s : subscriptions_) {
      if ((r.only && !(s.to == r.only)) || (s.which & r.which) == 0) continue;
      leaving.push_back({s.to, s.which & r.which});
      s.which &= ~r.which;
    }
    std::erase_if(subscriptions_, [](const subscription& s) { return s.which == 0; });
    set needed = 0;
    for (const subscription& s : subscriptions_) needed |= s.which;
    // Blocked first: where the whole program blocks one, it must not come to its default action
    // here.
    if (started_) let_through(needed);
    const set unneeded = dispositions::wanted() & ~needed;
    for (int n = 1; n <= 64; ++n)
      if (r.ignore && (r.which & bit(n)) != 0)
        dispositions::ignore(n);
      else if ((unneeded & bit(n)) != 0)
        dispositions::unwant(n);
  }

  void deliver(set pending, const std::vector<subscription>& leaving) noexcept {
    if (pending == 0) return;
    const std::scoped_lock held(lock_);
    for (int n = 1; n <= 64; ++n) {
      if ((pending & bit(n)) == 0) continue;
      const auto send = [n](const subscription& s) {
        if ((s.which & bit(n)) != 0) s.to.try_send(signal(n));  // or it is dropped
      };
      std::for_each(subscriptions_.begin(), subscriptions_.end(), send);
      std::for_each(leaving.begin(), leaving.end(), send);
    }
  }

  // On the thread that delivers: it blocks all others.
  static void let_through(set wanted) noexcept {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int n : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF, SIGSYS})
      sigdelset(&blocked, n);
    for (int n = 1; n <= 64; ++n)
      if ((wanted & bit(n)) != 0) sigdelset(&blocked, n);
    pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  }

  std::mutex lock_;  // short: nothing waits for anything under it
  std::vector<subscription> subscriptions_;
  std::vector<request> requests_;
  bool prepared_ = false;
  bool started_ = false;
};

set set_of(std::span<const signal> list) noexcept {
  if (list.empty()) return dispositions::all();
  set s = 0;
  for (const signal one : list) s |= bit(one);
  return s & dispositions::all();
}

}  // namespace

void notify(const send_chan<signal>& c, std::span<const signal> which) {
  if (!c) throw panic_error("os/signal: Notify using nil channel");
  hub::get().add(c, set_of(which));
}

void stop(const send_chan<signal>& c) {
  if (c) hub::get().remove({.only = c, .which = ~set{0}});
}

void reset(std::span<const signal> which) {
  hub::get().remove({.only = {}, .which = set_of(which)});
}

void ignore(std::span<const signal> which) {
  hub::get().remove({.only = {}, .which = set_of(which), .ignore = true});
}

bool ignored(signal s) noexcept { return dispositions::is_ignored(s); }

}  // namespace offset::inline v0::os
