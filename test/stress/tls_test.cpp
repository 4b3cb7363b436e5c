// Hazard 1: the address of a thread's own variable, or of errno, kept across a switch to another
// thread. The library must not keep one; a program must not either, so everything here is read by
// functions that are not inlined, once before and once after. Built three times: as everything else
// is, with -O3 -flto against liboffset.so, and with the library's own sources in one -O3 -flto
// program.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

thread_local long own_tid = 0;

// Neither inlined nor taken for a function without effects, whose second call could be left out:
// glibc declares the address of errno and pthread_self to be constant, and compilers believe it.
#define OFFSET_STRESS_OPAQUE [[gnu::noinline]]
inline void opaque() { asm volatile("" ::: "memory"); }

OFFSET_STRESS_OPAQUE long real_tid() {
  opaque();
  return syscall(SYS_gettid);
}
OFFSET_STRESS_OPAQUE long tid_by_variable() {
  opaque();
  if (own_tid == 0) own_tid = real_tid();
  return own_tid;
}
OFFSET_STRESS_OPAQUE int* errno_here() {
  opaque();
  return &errno;
}
OFFSET_STRESS_OPAQUE void set_errno(int e) {
  opaque();
  errno = e;
}
OFFSET_STRESS_OPAQUE int get_errno() {
  opaque();
  return errno;
}
OFFSET_STRESS_OPAQUE int error_of_bad_close() {
  opaque();
  return close(-1) == -1 ? errno : 0;
}
OFFSET_STRESS_OPAQUE std::uintptr_t self_by_pthread() {
  opaque();
  return reinterpret_cast<std::uintptr_t>(reinterpret_cast<void*>(pthread_self()));
}

struct view {
  long tid = real_tid();
  std::uintptr_t self = self_by_pthread();
  int* error = errno_here();
};

// Waits in one of many ways until this goroutine is on another thread; false when it never is.
bool migrate(dice& d, const offset::chan<long>& c, const offset::chan<long>& e,
             offset::sync::mutex& m) {
  const long before = real_tid();
  for (int i = 0; i < 200; ++i) {
    switch (d.below(6)) {
      case 0: offset::yield(); break;
      case 1: offset::select(c.if_send(1), e.if_recv(), offset::timeout(20us)); break;
      case 2: offset::select(c.if_recv(), e.if_send(2), offset::timeout(20us)); break;
      case 3: offset::time::sleep(1us); break;
      case 4:
        m.lock();
        offset::yield();
        m.unlock();
        break;
      default: offset::blocking([] { stress::burn(50); }); break;
    }
    if (real_tid() != before) return true;
  }
  return false;
}

TEST(tls, what_is_read_after_a_switch_is_the_new_threads) {
  std::atomic<long> migrations{0};
  std::atomic<long> wrong{0};
  offset::run([&] {
    auto c = offset::make_chan<long>();
    auto e = offset::make_chan<long>(1);
    offset::sync::mutex m;
    offset::sync::wait_group all;
    for (int k = 0; k < 16; ++k)
      all.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < rounds(300); ++i) {
          const view before;
          set_errno(1'000 + k);
          const bool moved = migrate(d, c, e, m);
          const view after;
          if (moved) migrations.fetch_add(1);
          if (tid_by_variable() != after.tid) wrong.fetch_add(1);
          const bool same = before.tid == after.tid;
          if (same != (before.self == after.self)) wrong.fetch_add(1);
          if (same != (before.error == after.error)) wrong.fetch_add(1);
          // errno works here: what is set is read, and what the kernel sets as well.
          set_errno(0);
          if (error_of_bad_close() != EBADF || get_errno() != EBADF) wrong.fetch_add(1);
          if (errno_here() != after.error) wrong.fetch_add(1);
          if (offset::goroutine_id() == 0) wrong.fetch_add(1);
        }
      });
    all.wait();
  });
  EXPECT_EQ(wrong.load(), 0);
  std::printf("[ INFO     ] %ld migrations\n", migrations.load());
}

// malloc keeps a cache for each thread: what is allocated here is freed there, all the time.
TEST(tls, allocations_across_migrations) {
  std::atomic<long> damaged{0};
  offset::run([&] {
    auto pass = offset::make_chan<std::unique_ptr<std::string>>(8);
    auto c = offset::make_chan<long>();
    auto e = offset::make_chan<long>(1);
    offset::sync::mutex m;
    offset::sync::wait_group all;
    offset::sync::wait_group takers;
    for (int k = 0; k < 12; ++k)
      all.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 91));
        std::vector<std::pair<unsigned char*, std::size_t>> mine;
        for (long i = 0; i < rounds(1'500); ++i) {
          const std::size_t size = 1 + d.below(i % 50 == 0 ? 100'000 : 600);
          auto* const block = static_cast<unsigned char*>(std::malloc(size));
          std::memset(block, static_cast<int>(size & 0xff), size);
          mine.emplace_back(block, size);
          switch (d.below(5)) {
            case 0: offset::yield(); break;
            case 1: pass.send(std::make_unique<std::string>(size % 300, 'x')); break;
            case 2:
              if (d.below(20) == 0) migrate(d, c, e, m);
              break;
            default: break;
          }
          while (mine.size() > 20) {
            const std::size_t at = d.below(mine.size());
            const auto [p, n] = mine[at];
            for (std::size_t b = 0; b < n; ++b)
              if (p[b] != static_cast<unsigned char>(n & 0xff)) damaged.fetch_add(1);
            std::free(p);
            mine[at] = mine.back();
            mine.pop_back();
          }
        }
        for (const auto& [p, n] : mine) std::free(p);
      });
    for (int k = 0; k < 4; ++k)
      takers.go([&] {
        for (auto& s : pass)
          if (s->find_first_not_of('x') != std::string::npos) damaged.fetch_add(1);
      });
    all.wait();
    pass.close();
    takers.wait();
  });
  EXPECT_EQ(damaged.load(), 0);
}

// Objects with constructors that a thread has of its own: each thread's is used only on it.
struct tracked {
  tracked() : tid(real_tid()) {}
  long tid;
};
thread_local tracked of_thread;
OFFSET_STRESS_OPAQUE long tid_of_object() {
  opaque();
  return of_thread.tid;
}

TEST(tls, objects_of_a_thread) {
  std::atomic<long> wrong{0};
  offset::run([&] {
    offset::sync::wait_group all;
    for (int k = 0; k < 50; ++k)
      all.go([&] {
        for (long i = 0; i < rounds(2'000); ++i) {
          if (tid_of_object() != real_tid()) wrong.fetch_add(1);
          offset::yield();
        }
      });
    all.wait();
  });
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
