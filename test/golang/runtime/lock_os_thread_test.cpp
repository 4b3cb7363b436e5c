// Go: src/runtime/proc_test.go, runtime_linux_test.go and testprog/lockosthread.go. LockOSThread is
// the option `pinned`, given at the start: the goroutine has a thread to itself until it ends.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <sched.h>
#include <unistd.h>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;

namespace {

bool exists(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread);
  return access(path.c_str(), F_OK) == 0;
}

// It gives way and sleeps, always on the same thread, and ends without any ceremony.
TEST(LockOSThread, YieldLocked) {
  offset::run([] {
    auto c = make_chan<int>();
    offset::go({.pinned = true}, [=] {
      const pid_t mine = gettid();
      int moved = 0;
      for (int i = 0; i < 10; ++i) {
        offset::yield();
        offset::time::sleep(1ms);
        moved += gettid() != mine ? 1 : 0;
      }
      c.send(moved);
    });
    EXPECT_EQ(c.recv(), 0);
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
  });
}

TEST(LockOSThread, BlockLocked) {
  offset::run([] {
    auto c = make_chan<int>();
    offset::go({.pinned = true}, [=] {
      for (int i = 0; i < 10; ++i) c.send(i);
    });
    for (int i = 0; i < 10; ++i) EXPECT_EQ(c.recv(), i);
  });
}

// Go's init is locked to the process's first thread, so that main runs there. `run` keeps that
// thread waiting: what needs one thread for all its life is a pinned goroutine.
TEST(LockOSThread, LockOSThread) {
  const pid_t first = gettid();
  offset::run([=] {
    EXPECT_NE(gettid(), first);
    auto c = make_chan<pid_t>();
    offset::go({.pinned = true}, [=] {
      c.send(gettid());
      for (int i = 0; i < 100; ++i) offset::yield();
      c.send(gettid());
    });
    const auto before = c.recv();
    EXPECT_EQ(c.recv(), before);
    EXPECT_NE(before, gettid());
  });
}

// TestLockOSThreadExit. The thread ends with its goroutine and carries nobody else, neither
// meanwhile nor afterwards. (LockOSThreadMain: on one carrier; LockOSThreadAlt: on several.)
void thread_ends_with_its_goroutine(unsigned maxprocs) {
  offset::run({.maxprocs = maxprocs}, [] {
    auto c = make_chan<pid_t>(1);
    offset::go({.pinned = true}, [=] { c.send(gettid()); });
    const pid_t theirs = *c.recv();
    EXPECT_NE(theirs, gettid());
    EXPECT_TRUE(test::await([=] {
      EXPECT_NE(gettid(), theirs) << "a locked thread was used again";
      return !exists(theirs);
    }));
  });
}
TEST(LockOSThread, LockOSThreadExit) {
  thread_ends_with_its_goroutine(1);
  thread_ends_with_its_goroutine(4);
}

// What a pinned goroutine does to its thread (here: a working directory of its own) is seen by no
// other goroutine, pinned or not, once it has ended.
PROGRAM(avoids_state_propagation) {
  return offset::run({.maxprocs = 1}, []() -> int {
    if (chdir("/") != 0) return 3;
    auto ready = make_chan<int>(1);
    offset::go({.pinned = true}, [=] {
      if (unshare(CLONE_FS) != 0) {
        ready.send(errno == EPERM ? 7 : 4);
        return;
      }
      ready.send(chdir("/tmp") == 0 ? 0 : 5);
    });
    if (const int failed = *ready.recv(); failed != 0) return failed;
    auto where = make_chan<std::string>();
    const auto look = [=] {
      char path[4096];
      where.send(getcwd(path, sizeof path) != nullptr ? path : "?");
    };
    offset::go({.pinned = true}, look);
    if (where.recv() != "/") return 6;
    offset::go(look);
    if (where.recv() != "/") return 8;
    offset::go([=] { offset::blocking(look); });
    if (where.recv() != "/") return 9;
    std::puts("OK");
    return 0;
  });
}
TEST(LockOSThread, LockOSThreadAvoidsStatePropagation) {
  const auto o = test::run_program("avoids_state_propagation");
  if (o.status == 7) GTEST_SKIP() << "unshare is not permitted";
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "OK\n");
}

// Two are pinned at the same instant, with work to be done beside them. (Go's race is with a world
// that is being stopped, which nothing here does.)
TEST(LockOSThread, LockOSThreadTemplateThreadRace) {
  for (int i = 0; i < 20; ++i)
    offset::run({.maxprocs = 4}, [] {
      offset::sync::wait_group all;
      std::atomic<int> ran{0};
      all.add(2);
      for (int n = 0; n < 2; ++n)
        offset::go([&] {
          all.go([&] { ++ran; });
          offset::go({.pinned = true}, [&] {
            offset::yield();
            ++ran;
            all.done();
          });
        });
      all.wait();
      EXPECT_TRUE(test::await([&] { return ran.load() == 4; }));
    });
}

}  // namespace
