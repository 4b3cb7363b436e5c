#include "fiber/overflow.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

namespace offset::inline v0::fiber {
namespace {

constexpr std::size_t alternate_size = std::size_t{64} << 10;

constinit std::atomic<overflow_question> question{nullptr};
struct sigaction before_segv;
struct sigaction before_bus;

// Only what a signal handler may call.
class text {
 public:
  text& operator<<(const char* s) noexcept {
    while (*s != '\0' && size_ < sizeof buffer_) buffer_[size_++] = *s++;
    return *this;
  }
  text& number(std::uint64_t n, unsigned base) noexcept {
    char digits[24];
    unsigned count = 0;
    do {
      digits[count++] = "0123456789abcdef"[n % base];
      n /= base;
    } while (n != 0);
    while (count > 0 && size_ < sizeof buffer_) buffer_[size_++] = digits[--count];
    return *this;
  }
  void write() const noexcept {
    const ssize_t ignored = ::write(STDERR_FILENO, buffer_, size_);
    static_cast<void>(ignored);
  }

 private:
  char buffer_[512];
  std::size_t size_ = 0;
};

// Where the stack pointer was.
std::uintptr_t sp_of(const void* context) noexcept {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RSP]);
#elif defined(__aarch64__)
  return machine.sp;
#else
#error "which register is the stack pointer?"
#endif
}

void handle(int signal, siginfo_t* info, void* context) {
  const overflow_question ask = question.load(std::memory_order_acquire);
  if (ask != nullptr) {
    const overflow_report r = ask(info->si_addr);
    if (r.is_overflow) {
      text t;
      t << "runtime: goroutine stack exceeds ";
      t.number(r.stack_size, 10) << "-byte limit\nruntime: sp=0x";
      t.number(sp_of(context), 16) << " stack=[0x";
      t.number(reinterpret_cast<std::uintptr_t>(r.low), 16) << ", 0x";
      t.number(reinterpret_cast<std::uintptr_t>(r.high), 16)
          << "]\nfatal error: stack overflow\n\ngoroutine ";
      t.number(r.goroutine, 10) << " [running]:\n\t(a larger stack: offset::options::stack_size, "
                                   "OFFSET_STACK_SIZE, or go_options::stack_size)\n";
      t.write();
      _exit(2);
    }
  }
  const struct sigaction& before = signal == SIGBUS ? before_bus : before_segv;
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(signal, info, context);
    return;
  }
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
    return;
  }
  // As without us: returning runs the faulting instruction again, under the default action.
  struct sigaction none {};
  none.sa_handler = SIG_DFL;
  sigaction(signal, &none, nullptr);
  if (info->si_code <= 0) raise(signal);  // sent by kill: there is no instruction to run again
}

}  // namespace

void install_overflow_handler(overflow_question ask) noexcept {
  static std::once_flag once;
  std::call_once(once, [ask] {
    question.store(ask, std::memory_order_release);
    struct sigaction ours {};
    ours.sa_sigaction = handle;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGSEGV, &ours, &before_segv);
    sigaction(SIGBUS, &ours, &before_bus);
  });
}

void use_overflow_stack() noexcept {
  stack_t now{};
  if (sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_DISABLE) == 0) return;  // has one
  void* const at = mmap(nullptr, alternate_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return;
  stack_t s{};
  s.ss_sp = at;
  s.ss_size = alternate_size;
  if (sigaltstack(&s, nullptr) != 0) munmap(at, alternate_size);
}

void drop_overflow_stack() noexcept {
  stack_t now{};
  if (sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) != 0 ||
      now.ss_size != alternate_size)
    return;
  stack_t off{};
  off.ss_flags = SS_DISABLE;
  if (sigaltstack(&off, nullptr) == 0) munmap(now.ss_sp, now.ss_size);
}

}  // namespace offset::inline v0::fiber
