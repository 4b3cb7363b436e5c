#include "os/dispositions.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

namespace offset::inline v0::os::dispositions {
namespace {

constexpr int last = 64;

// How a signal was before the library touched it, for the handler: a struct sigaction in pieces
// that can be read at any moment.
struct earlier {
  std::atomic<void*> function{nullptr};  // null: the default action
  std::atomic<bool> takes_info{false};
  std::atomic<bool> is_ignored{false};
};

constinit std::atomic<set> wanted_now{0};
constinit std::atomic<set> ignored_now{0};  // by ignore()
constinit std::atomic<set> recorded{0};
constinit std::atomic<int> recording{0};  // handlers between looking at `wanted` and recording
constinit earlier before[last + 1];
struct sigaction original[last + 1];  // the same as a whole; under the caller's lock
sem_t news;

bool is_fault(int n) noexcept { return n == SIGTRAP || n == SIGSYS; }

// A signal that is not wanted found the handler still (or already) there: as if it had not.
void as_before(int n, siginfo_t* info, void* context) noexcept {
  if ((ignored_now.load(std::memory_order_seq_cst) & bit(n)) != 0) return;
  const earlier& e = before[n];
  if (e.is_ignored.load(std::memory_order_relaxed)) return;
  if (void* const f = e.function.load(std::memory_order_relaxed); f != nullptr) {
    if (e.takes_info.load(std::memory_order_relaxed))
      reinterpret_cast<void (*)(int, siginfo_t*, void*)>(f)(n, info, context);
    else
      reinterpret_cast<void (*)(int)>(f)(n);
    return;
  }
  switch (n) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH: return;
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: ::raise(SIGSTOP); return;
    default: break;
  }
  // It ends the program, as soon as the handler has returned and lets it through.
  struct sigaction none {};
  none.sa_handler = SIG_DFL;
  sigaction(n, &none, nullptr);
  ::raise(n);
}

void handle(int n, siginfo_t* info, void* context) {
  const int saved = errno;
  // Sequentially consistent: whoever takes a signal off `wanted` and then sees nobody recording
  // knows that it is either recorded or seen as unwanted.
  recording.fetch_add(1, std::memory_order_seq_cst);
  const bool ours = (wanted_now.load(std::memory_order_seq_cst) & bit(n)) != 0 &&
                    !(is_fault(n) && info->si_code > 0);  // an instruction's, nobody sent it
  if (ours && (recorded.fetch_or(bit(n), std::memory_order_seq_cst) & bit(n)) == 0) nudge();
  recording.fetch_sub(1, std::memory_order_seq_cst);
  if (!ours) as_before(n, info, context);
  errno = saved;
}

bool is_ours(const struct sigaction& a) noexcept {
  return (a.sa_flags & SA_SIGINFO) != 0 && a.sa_sigaction == handle;
}

// What the program itself set, if it is not the library's doing.
void remember(int n) noexcept {
  struct sigaction now {};
  if (sigaction(n, nullptr, &now) != 0 || is_ours(now)) return;
  const bool set_by_us =
      (ignored_now.load(std::memory_order_relaxed) & bit(n)) != 0 && now.sa_handler == SIG_IGN;
  if (set_by_us) return;
  original[n] = now;
  earlier& e = before[n];
  e.is_ignored.store((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN,
                     std::memory_order_relaxed);
  e.takes_info.store((now.sa_flags & SA_SIGINFO) != 0, std::memory_order_relaxed);
  void* f = nullptr;
  if ((now.sa_flags & SA_SIGINFO) != 0)
    f = reinterpret_cast<void*>(now.sa_sigaction);
  else if (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN)
    f = reinterpret_cast<void*>(now.sa_handler);
  e.function.store(f, std::memory_order_relaxed);
}

void restore(int n) noexcept {
  struct sigaction now {};
  // Not when the program has set something else since.
  if (sigaction(n, nullptr, &now) == 0 && is_ours(now)) sigaction(n, &original[n], nullptr);
}

// The thread that takes signals is not there: let them do what they do without it.
void after_fork_in_child() noexcept {
  const set were = wanted_now.exchange(0, std::memory_order_seq_cst);
  for (int n = 1; n <= last; ++n)
    if ((were & bit(n)) != 0) restore(n);
}

}  // namespace

void prepare() noexcept {
  sem_init(&news, 0, 0);
  pthread_atfork(nullptr, nullptr, after_fork_in_child);
}

set all() noexcept {
  set s = ~set{0};
  for (const int n : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSTOP}) s &= ~bit(n);
  // The C library keeps those below SIGRTMIN for itself.
  for (int n = 32; n < SIGRTMIN; ++n) s &= ~bit(n);
  return s;
}

void want(int n) noexcept {
  remember(n);
  wanted_now.fetch_or(bit(n), std::memory_order_seq_cst);
  ignored_now.fetch_and(~bit(n), std::memory_order_seq_cst);
  struct sigaction ours {};
  ours.sa_sigaction = handle;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&ours.sa_mask);  // no handler on top of another: the stack for them is small
  sigaction(n, &ours, nullptr);
}

void unwant(int n) noexcept {
  restore(n);
  wanted_now.fetch_and(~bit(n), std::memory_order_seq_cst);
}

void ignore(int n) noexcept {
  remember(n);
  ignored_now.fetch_or(bit(n), std::memory_order_seq_cst);
  struct sigaction none {};
  none.sa_handler = SIG_IGN;
  sigaction(n, &none, nullptr);
  wanted_now.fetch_and(~bit(n), std::memory_order_seq_cst);
}

bool is_ignored(int n) noexcept {
  struct sigaction now {};
  return (all() & bit(n)) != 0 && sigaction(n, nullptr, &now) == 0 &&
         (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
}

set wanted() noexcept { return wanted_now.load(std::memory_order_seq_cst); }
bool idle() noexcept { return recording.load(std::memory_order_seq_cst) == 0; }
set take() noexcept { return recorded.exchange(0, std::memory_order_seq_cst); }
void wait() noexcept { sem_wait(&news); }
void nudge() noexcept { sem_post(&news); }

}  // namespace offset::inline v0::os::dispositions
