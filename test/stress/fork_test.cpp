// Hazard 13: fork. The child may exec or _exit; a call into the runtime fails there with a message.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
}

// Runs `f` in a forked child and answers its status.
template <class F>
int in_child(F f) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // a child that hangs is killed
    _exit(f());
  }
  return status_of(child);
}

// 0 when `f` throws std::logic_error with a message about the fork.
template <class F>
int is_refused(F f) {
  try {
    f();
  } catch (const std::logic_error& e) {
    return std::strlen(e.what()) > 10 ? 0 : 21;
  } catch (...) {
    return 22;
  }
  return 23;
}

void others(std::atomic<bool>& stop, offset::sync::wait_group& all) {
  for (int i = 0; i < 8; ++i)
    all.go([&] {
      auto c = offset::make_chan<long>(1);
      while (!stop.load()) {
        c.send(1);
        c.recv();
        offset::yield();
        offset::time::sleep(20us);
      }
    });
}

using forks = stress::watched;

TEST_F(forks, the_child_exits) {
  for (long i = 0; i < stress::rounds(10); ++i)
    offset::run([&] {
      std::atomic<bool> stop{false};
      offset::sync::wait_group all;
      others(stop, all);
      offset::yield();
      for (int k = 0; k < 5; ++k) EXPECT_EQ(in_child([] { return 42; }), 42);
      stop.store(true);
      all.wait();
    });
}

TEST_F(forks, the_child_execs) {
  offset::run([&] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    others(stop, all);
    for (long i = 0; i < stress::rounds(10); ++i)
      EXPECT_EQ(in_child([] {
                  execl("/bin/sh", "sh", "-c", "exit 5", nullptr);
                  return 1;
                }),
                5);
    stop.store(true);
    all.wait();
  });
}

// Pipes and all: a child process that the goroutine reads from by a blocking call.
TEST_F(forks, the_childs_output) {
  offset::run([&] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    others(stop, all);
    for (long i = 0; i < stress::rounds(10); ++i) {
      int p[2];
      ASSERT_EQ(pipe(p), 0);
      const pid_t child = fork();
      if (child == 0) {
        dup2(p[1], 1);
        execl("/bin/echo", "echo", "hello", nullptr);
        _exit(1);
      }
      close(p[1]);
      char text[16] = {};
      const ssize_t n = offset::blocking([&] { return read(p[0], text, sizeof text); });
      EXPECT_EQ(std::string(text, static_cast<std::size_t>(n)), "hello\n");
      EXPECT_EQ(offset::blocking([&] { return status_of(child); }), 0);
      close(p[0]);
    }
    stop.store(true);
    all.wait();
  });
}

// What waits, or starts something, is refused: from the goroutine that forked, on its stack.
TEST_F(forks, the_runtime_is_refused_in_the_child) {
  if (stress::tsan) GTEST_SKIP() << "TSan's own fork handling does not survive what follows";
  offset::run([&] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    others(stop, all);
    EXPECT_EQ(in_child([] { return is_refused([] { offset::go([] {}); }); }), 0);
    EXPECT_EQ(in_child([] { return is_refused([] { offset::make_chan<int>().recv(); }); }), 0);
    EXPECT_EQ(in_child([] { return is_refused([] { offset::time::after(1ms); }); }), 0);
    EXPECT_EQ(in_child([] { return is_refused([] { offset::run([] {}); }); }), 0);
    EXPECT_EQ(in_child([] {
                return is_refused([] {
                  auto c = offset::make_chan<int>();
                  offset::select(c.if_recv(), c.if_send(1));
                });
              }),
              0);
    EXPECT_EQ(in_child([] {
                return is_refused([] {
                  offset::sync::wait_group g;
                  g.add(1);
                  g.wait();
                });
              }),
              0);
    // What need not wait works.
    EXPECT_EQ(in_child([] {
                auto c = offset::make_chan<int>(1);
                c.send(1);
                return c.recv() == 1 ? 0 : 24;
              }),
              0);
    stop.store(true);
    all.wait();
  });
}

TEST_F(forks, from_a_plain_thread_and_a_pinned_goroutine) {
  if (stress::tsan) GTEST_SKIP() << "TSan's own fork handling does not survive what follows";
  offset::run([&] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    others(stop, all);
    int first = -1;
    std::thread t([&] { first = in_child([] { return is_refused([] { offset::go([] {}); }); }); });
    t.join();
    EXPECT_EQ(first, 0);
    auto done = offset::make_chan<int>();
    offset::go({.pinned = true},
               [=] { done.send(in_child([] { return is_refused([] { offset::go([] {}); }); })); });
    EXPECT_EQ(done.recv(), 0);
    stop.store(true);
    all.wait();
  });
}

// After the runtime has ended, a child may have one of its own.
TEST_F(forks, after_the_end) {
  offset::run([] { offset::go([] {}); });
  if (stress::tsan) GTEST_SKIP() << "TSan: no threads in a child of a process that had some";
  EXPECT_EQ(in_child([] {
              return offset::run([] {
                auto c = offset::make_chan<int>();
                offset::go([=] { c.send(33); });
                return *c.recv();
              });
            }),
            33);
}

}  // namespace
