// Go: src/os/signal/signal_test.go, and the rows on signals of src/runtime/crash_unix_test.go.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::context;
using offset::make_chan;
using offset::run;
namespace os = offset::os;

namespace {

void send(int n) { kill(getpid(), n); }

void wait_sig(const chan<os::signal>& c, int want) {
  os::signal got;
  ASSERT_EQ(c.recv_for(got, test::limit), offset::op_status::ok) << os::signal(want);
  EXPECT_EQ(got, want);
}

TEST(Signal, TestSignal) {
  run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGHUP);
    send(SIGHUP);
    wait_sig(c, SIGHUP);

    auto c1 = make_chan<os::signal>(10);
    os::notify(c1);
    send(SIGWINCH);
    wait_sig(c1, SIGWINCH);
    // Not reading from c does not hold up c1.
    send(SIGHUP);
    wait_sig(c1, SIGHUP);
    send(SIGHUP);
    wait_sig(c1, SIGHUP);
    wait_sig(c, SIGHUP);
    EXPECT_EQ(c.len(), 0U);
    os::stop(c1);
    os::stop(c);
  });
}

// Signals all the time; after stop has returned the channel may be closed.
void storm(std::chrono::milliseconds how_long, bool hammer_the_clock) {
  run([=] {
    auto keep = make_chan<os::signal>(1);
    os::notify(keep, SIGUSR2);
    auto sig = make_chan<os::signal>(1);
    os::notify(sig, SIGUSR2);
    const auto until = std::chrono::steady_clock::now() + how_long;
    auto clock_done = make_chan<void>();
    if (hammer_the_clock)
      offset::go([=] {
        while (std::chrono::steady_clock::now() < until) {
        }
        clock_done.close();
      });
    else
      clock_done.close();
    offset::go([=] {
      while (std::chrono::steady_clock::now() < until) {
        send(SIGUSR2);
        offset::yield();
      }
      clock_done.recv();
      os::stop(sig);
      sig.close();
    });
    int received = 0;
    for ([[maybe_unused]] const os::signal s : sig) ++received;
    EXPECT_GT(received, 0);
    // The last ones may be handled only now: the default would end the test.
    os::ignore(SIGUSR2);
  });
}
TEST(Signal, TestStress) { storm(100ms, false); }
TEST(Signal, TestTime) { storm(100ms, true); }

void cancel(bool by_ignore) {
  run([=] {
    auto c1 = make_chan<os::signal>(1);
    os::notify(c1, SIGWINCH);
    auto c2 = make_chan<os::signal>(1);
    os::notify(c2, SIGHUP);
    send(SIGWINCH);
    wait_sig(c1, SIGWINCH);
    send(SIGHUP);
    wait_sig(c2, SIGHUP);

    if (by_ignore)
      os::ignore(SIGWINCH, SIGHUP);
    else
      os::reset(SIGWINCH, SIGHUP);
    send(SIGWINCH);  // by default it is ignored, too
    if (by_ignore) send(SIGHUP);
    // Another one that comes after them shows that they went nowhere.
    auto last = make_chan<os::signal>(1);
    os::notify(last, SIGUSR1);
    send(SIGUSR1);
    wait_sig(last, SIGUSR1);
    EXPECT_EQ(c1.len(), 0U);
    EXPECT_EQ(c2.len(), 0U);
    // One that was sent while a handler had it blocked is pending: away with it.
    os::ignore(SIGWINCH, SIGHUP);
    for (const auto& c : {last, c1, c2}) {
      os::notify(c, SIGWINCH, SIGHUP);
      os::stop(c);
    }
  });
}
TEST(Signal, TestReset) { cancel(false); }
TEST(Signal, TestIgnore) { cancel(true); }

TEST(Signal, TestIgnored) {
  run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGWINCH);
    EXPECT_FALSE(os::ignored(SIGWINCH));
    os::stop(c);
    os::ignore(SIGWINCH);
    EXPECT_TRUE(os::ignored(SIGWINCH));
    os::notify(c, SIGWINCH);
    os::reset();
    EXPECT_FALSE(os::ignored(SIGWINCH));
  });
}

// Starts a program of this file under nohup.
[[noreturn]] void become_nohup(const char* name) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) _exit(98);
  path[length] = '\0';
  execlp("nohup", "nohup", path, "--program", name, static_cast<char*>(nullptr));
  _exit(98);
}

// A child that this process starts while it is notified of a signal has the default for it, even if
// the tests run under nohup.
class child_has_default {
 public:
  explicit child_has_default(int n) { os::notify(c_, n); }
  child_has_default(const child_has_default&) = delete;
  child_has_default& operator=(const child_has_default&) = delete;
  ~child_has_default() { os::stop(c_); }

 private:
  chan<os::signal> c_ = make_chan<os::signal>(1);
};

PROGRAM(is_sighup_ignored) {
  return run([] { return os::ignored(SIGHUP) ? 0 : 1; });
}
PROGRAM(is_sighup_ignored_nohup) { become_nohup("is_sighup_ignored"); }
TEST(Signal, TestDetectNohup) {
  const child_has_default sighup(SIGHUP);
  EXPECT_EQ(test::run_program("is_sighup_ignored").status, 1);
  EXPECT_EQ(test::run_program("is_sighup_ignored_nohup").status, 0);
}

// Sends the signal before notify, after it, and after stop, where that may be survived.
int stop_one(int n, bool before, bool after) {
  return run([=] {
    if (before) {
      send(n);
      offset::time::sleep(50ms);  // to die in
    }
    auto c = make_chan<os::signal>(1);
    os::notify(c, n);
    send(n);
    if (c.recv() != n) return 1;
    os::stop(c);
    if (after) {
      send(n);
      offset::time::sleep(50ms);
      if (c.len() != 0) return 2;
    }
    return 0;
  });
}
PROGRAM(stop_winch) { return stop_one(SIGWINCH, true, true); }
PROGRAM(stop_usr1) { return stop_one(SIGUSR1, false, false); }
PROGRAM(stop_hup) { return stop_one(SIGHUP, false, false); }
TEST(Signal, TestStop) {
  for (const char* name : {"stop_winch", "stop_usr1", "stop_hup"}) {
    const auto o = test::run_program(name);
    EXPECT_EQ(o.status, 0) << name << ": signal " << o.signal;
  }
}

PROGRAM(hup_before) { return stop_one(SIGHUP, true, false); }
PROGRAM(hup_after) { return stop_one(SIGHUP, false, true); }
PROGRAM(hup_before_nohup) { become_nohup("hup_before"); }
PROGRAM(hup_after_nohup) { become_nohup("hup_after"); }
// An uncaught SIGHUP ends the program, but not under nohup; it can be caught under nohup as well,
// and is ignored again afterwards.
TEST(Signal, TestNohup) {
  const child_has_default sighup(SIGHUP);
  for (const char* name : {"hup_before", "hup_after"}) {
    EXPECT_EQ(test::run_program(name).signal, SIGHUP) << name;
    const auto o = test::run_program((std::string(name) + "_nohup").c_str());
    EXPECT_EQ(o.status, 0) << name << ": signal " << o.signal << o.err;
  }
}

TEST(Signal, TestSIGCONT) {
  run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGCONT);
    send(SIGCONT);
    wait_sig(c, SIGCONT);
    os::stop(c);
  });
}

// A signal that races with stop is delivered, or ends the program: it is never lost.
PROGRAM(atomic_stop) {
  return run([] {
    if (os::ignored(SIGINT)) return 1;
    for (int i = 0; i < 10; ++i) {
      auto c = make_chan<os::signal>(1);
      os::notify(c, SIGINT);
      offset::sync::wait_group stopped;
      stopped.go([=] { os::stop(c); });
      send(SIGINT);
      os::signal got;
      if (c.recv_for(got, 5s) != offset::op_status::ok) return 3;
      stopped.wait();
    }
    return 0;
  });
}
TEST(Signal, TestAtomicStop) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer keeps a signal until its thread makes a call that it knows, and "
                  "drops it when the program has let go of the handler meanwhile.";
#endif
  const child_has_default sigint(SIGINT);
  for (int i = 0; i < 10; ++i) {
    const auto o = test::run_program("atomic_stop");
    EXPECT_TRUE(o.status == 0 || o.signal == SIGINT)
        << (o.status == 3 ? "lost signal" : "") << " status " << o.status << " signal " << o.signal;
  }
}

// --- NotifyContext

int notify_context_times(int n) {
  return run([=] {
    auto [ctx, stop] = os::notify_context(context::background(), SIGINT);
    offset::sync::wait_group all;
    for (int i = 0; i < n; ++i) all.go([] { send(SIGINT); });
    all.wait();
    ctx.done().recv();
    std::puts("received SIGINT");
    // stop was not called: what comes late ends nothing.
    send(SIGINT);
    offset::time::sleep(20ms);
  });
}
PROGRAM(notify_context_once) { return notify_context_times(1); }
PROGRAM(notify_context_multiple) { return notify_context_times(10); }
TEST(Signal, TestNotifyContextNotifications) {
  for (const char* name : {"notify_context_once", "notify_context_multiple"}) {
    const auto o = test::run_program(name);
    EXPECT_EQ(o.status, 0) << name << ": signal " << o.signal << o.err;
    EXPECT_EQ(o.out, "received SIGINT\n") << name;
  }
}

void expect_canceled(const context& ctx) {
  bool done = false;
  offset::select(ctx.if_done([&] { done = true; }), offset::timeout(test::limit));
  EXPECT_TRUE(done);
  EXPECT_EQ(ctx.err(), offset::context_errc::canceled);
}

TEST(Signal, TestNotifyContextStop) {
  run([] {
    os::ignore(SIGHUP);
    EXPECT_TRUE(os::ignored(SIGHUP));
    auto [parent, cancel_parent] = context::with_cancel(context::background());
    auto [ctx, stop] = os::notify_context(parent, SIGHUP);
    EXPECT_FALSE(os::ignored(SIGHUP));
    EXPECT_EQ(to_string(ctx), "signal.NotifyContext(context.Background.WithCancel, [hangup])");
    EXPECT_FALSE(ctx.err());
    stop();
    expect_canceled(ctx);
    EXPECT_FALSE(parent.err());
  });
}

TEST(Signal, TestNotifyContextCancelParent) {
  run([] {
    auto [parent, cancel_parent] = context::with_cancel(context::background());
    auto [ctx, stop] = os::notify_context(parent, SIGINT);
    EXPECT_EQ(to_string(ctx), "signal.NotifyContext(context.Background.WithCancel, [interrupt])");
    cancel_parent();
    expect_canceled(ctx);
    stop();
  });
}

TEST(Signal, TestNotifyContextPrematureCancelParent) {
  run([] {
    auto [parent, cancel_parent] = context::with_cancel(context::background());
    cancel_parent();
    auto [ctx, stop] = os::notify_context(parent, SIGINT);
    EXPECT_EQ(to_string(ctx), "signal.NotifyContext(context.Background.WithCancel, [interrupt])");
    expect_canceled(ctx);
    stop();
  });
}

TEST(Signal, TestNotifyContextSimultaneousStop) {
  run([] {
    auto [ctx, stop] = os::notify_context(context::background(), SIGINT);
    EXPECT_EQ(to_string(ctx), "signal.NotifyContext(context.Background, [interrupt])");
    offset::sync::wait_group all;
    for (int i = 0; i < 10; ++i) all.go([stop = stop] { stop(); });
    all.wait();
    expect_canceled(ctx);
  });
}

TEST(Signal, TestNotifyContextStringer) {
  run([] {
    auto [parent, cancel_parent] = context::with_cancel(context::background());
    auto [ctx, stop] = os::notify_context(parent, SIGHUP, SIGINT, SIGTERM);
    EXPECT_EQ(to_string(ctx),
              "signal.NotifyContext(context.Background.WithCancel, [hangup interrupt terminated])");
    stop();
  });
}

// --- runtime/crash_unix_test.go

PROGRAM(SignalExitStatus) {
  std::signal(SIGTERM, SIG_DFL);
  return run([] {
    send(SIGTERM);
    offset::time::sleep(10s);
  });
}
TEST(CrashUnix, TestSignalExitStatus) {
  const auto o = test::run_program("SignalExitStatus");
  EXPECT_EQ(o.status, -1);
  EXPECT_EQ(o.signal, SIGTERM);
}

PROGRAM(SignalIgnoreSIGTRAP) {
  return run([] {
    os::ignore(SIGTRAP);
    send(SIGTRAP);
    std::puts("OK");
  });
}
TEST(CrashUnix, TestSignalIgnoreSIGTRAP) {
  const auto o = test::run_program("SignalIgnoreSIGTRAP");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.out, "OK\n");
}

// Processes are started while signals come.
PROGRAM(Nop) { return 0; }
PROGRAM(SignalDuringExec) {
  setpgid(0, 0);
  return run([] {
    constexpr int tries = 10;
    auto c = make_chan<os::signal>(tries);
    os::notify(c, SIGWINCH);
    offset::sync::wait_group all;
    all.go([=] {
      while (c.recv()) {
      }
    });
    for (int i = 0; i < tries; ++i) {
      offset::time::sleep(1us);
      all.go([] {
        offset::blocking([] {
          char self[] = "/proc/self/exe";
          char flag[] = "--program";
          char name[] = "Nop";
          char* const argv[] = {self, flag, name, nullptr};
          pid_t child = -1;
          int status = -1;
          if (posix_spawn(&child, self, nullptr, nullptr, argv, environ) != 0 ||
              waitpid(child, &status, 0) != child || status != 0)
            std::printf("start failed\n");
        });
      });
      all.go([] { kill(0, SIGWINCH); });
    }
    os::stop(c);
    c.close();
    all.wait();
    std::puts("OK");
  });
}
TEST(CrashUnix, TestSignalDuringExec) {
  const auto o = test::run_program("SignalDuringExec");
  EXPECT_EQ(o.status, 0) << o.signal << o.err;
  EXPECT_EQ(o.out, "OK\n");
}

}  // namespace
