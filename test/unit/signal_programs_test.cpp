// Programs that signals end, or would end.
#include <csignal>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/program.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::run;
namespace os = offset::os;

namespace {

void send(int n) { kill(getpid(), n); }

void expect_killed(const char* name, int by) {
  const auto o = test::run_program(name);
  EXPECT_EQ(o.signal, by) << name << ": status " << o.status << ", " << o.out << o.err;
}
void expect_success(const char* name) {
  const auto o = test::run_program(name);
  EXPECT_EQ(o.status, 0) << name << ": signal " << o.signal << ", " << o.out << o.err;
}

// --- nobody asked

template <int n>
int dies_by() {
  std::signal(n, SIG_DFL);
  return run([] {
    send(n);
    offset::time::sleep(20s);
  });
}
PROGRAM(sigterm) { return dies_by<SIGTERM>(); }
PROGRAM(sigint) { return dies_by<SIGINT>(); }
PROGRAM(sighup) { return dies_by<SIGHUP>(); }
TEST(SignalDefault, EndsTheProgram) {
  expect_killed("sigterm", SIGTERM);
  expect_killed("sigint", SIGINT);
  expect_killed("sighup", SIGHUP);
}

// --- after the last stop, or reset

PROGRAM(stopped) {
  std::signal(SIGINT, SIG_DFL);
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGINT);
    send(SIGINT);
    c.recv();
    os::stop(c);
    send(SIGINT);
    offset::time::sleep(20s);
  });
}
PROGRAM(was_reset) {
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c);
    send(SIGUSR1);
    c.recv();
    os::reset();
    send(SIGUSR1);
    offset::time::sleep(20s);
  });
}
TEST(SignalDefault, ComesBack) {
  expect_killed("stopped", SIGINT);
  expect_killed("was_reset", SIGUSR1);
}

// --- started with SIGHUP ignored

PROGRAM(born_ignoring) {
  std::signal(SIGHUP, SIG_IGN);
  return run([] {
    if (!os::ignored(SIGHUP)) return 1;
    send(SIGHUP);
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGHUP);
    if (os::ignored(SIGHUP)) return 2;
    send(SIGHUP);
    c.recv();
    os::stop(c);
    if (!os::ignored(SIGHUP)) return 3;
    send(SIGHUP);
    return 0;
  });
}
TEST(Ignored, FromTheStart) { expect_success("born_ignoring"); }

// --- blocked by the whole program

PROGRAM(all_blocked) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  return run([] {
    auto c = make_chan<os::signal>(1);
    send(SIGUSR1);  // pending: comes with notify
    os::notify(c, SIGUSR1);
    c.recv();
    send(SIGUSR1);
    c.recv();
    os::stop(c);
    send(SIGUSR1);  // pending again, and ends nothing
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGUSR1) == 1 ? 0 : 1;
  });
}
TEST(Notify, ReachesAProgramThatBlocksTheSignal) { expect_success("all_blocked"); }

// --- the deadlock report

void alarm_in_a_while() {
  const itimerval in{{0, 0}, {0, 300'000}};
  setitimer(ITIMER_REAL, &in, nullptr);
}
PROGRAM(waits_for_a_signal) {
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGALRM);
    alarm_in_a_while();
    c.recv();
  });
}
PROGRAM(waits_after_stop) {
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGUSR1);
    os::stop(c);
    alarm_in_a_while();
    c.recv();
  });
}
PROGRAM(only_asked) {
  return run([] {
    os::ignore(SIGUSR1);
    static_cast<void>(os::ignored(SIGINT));
    offset::select();
  });
}
TEST(SignalDeadlock, NeverReportedOnceSomebodyWasNotified) {
  expect_success("waits_for_a_signal");
  expect_killed("waits_after_stop", SIGALRM);
  EXPECT_EQ(test::run_program("only_asked").status, 2);
}

// --- a broken pipe

int write_to_nobody() {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  close(ends[0]);
  const ssize_t n = write(ends[1], "x", 1);
  return n < 0 ? errno : 0;
}
PROGRAM(broken_pipe) {
  std::signal(SIGPIPE, SIG_DFL);
  return run([] { return write_to_nobody(); });
}
PROGRAM(broken_pipe_in_blocking) {
  std::signal(SIGPIPE, SIG_DFL);
  return run([] { return offset::blocking(write_to_nobody); });
}
PROGRAM(broken_pipe_ignored) {
  return run([] {
    os::ignore(SIGPIPE);
    return write_to_nobody() == EPIPE ? 0 : 1;
  });
}
PROGRAM(broken_pipe_notified) {
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGPIPE);
    const int error = write_to_nobody();
    return error == EPIPE && *c.recv() == SIGPIPE ? 0 : 1;
  });
}
TEST(SigPipe, EndsTheProgramUnlessAskedFor) {
  expect_killed("broken_pipe", SIGPIPE);
  expect_killed("broken_pipe_in_blocking", SIGPIPE);
  expect_success("broken_pipe_ignored");
  expect_success("broken_pipe_notified");
}

// --- a child of fork

PROGRAM(child_of_fork) {
  std::signal(SIGTERM, SIG_DFL);
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGTERM);
    const pid_t child = fork();
    if (child == 0) {
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);  // it has the mask of the thread that forked
      for (;;) pause();
    }
    int status = 0;
    do {  // until the child has got there
      kill(child, SIGTERM);
    } while (waitpid(child, &status, WNOHANG) == 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && c.len() == 0 ? 0 : 1;
  });
}
TEST(Notify, AChildOfForkHasTheDefault) { expect_success("child_of_fork"); }

// --- what an instruction causes is not sent by anybody

PROGRAM(breakpoint) {
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGTRAP);
    send(SIGTRAP);
    c.recv();
#if defined(__x86_64__)
    asm volatile("int3");
#else
    asm volatile("brk #0");
#endif
    offset::time::sleep(20s);
  });
}
TEST(Notify, NotOfABreakpoint) { expect_killed("breakpoint", SIGTRAP); }

PROGRAM(aborts) {
  return run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c);
    std::abort();
  });
}
TEST(Notify, AbortEndsTheProgramAllTheSame) { expect_killed("aborts", SIGABRT); }

}  // namespace
