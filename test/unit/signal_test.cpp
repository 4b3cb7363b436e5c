// os::notify, stop, ignore, reset: what arrives where, and what is left behind. Programs that
// signals end are in signal_programs_test.cpp.
#include <atomic>
#include <csignal>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <unistd.h>

#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::run;
namespace os = offset::os;

namespace {

// Whoever gets it may handle it later: before the last stop, see that it came.
void send(int n) { ASSERT_EQ(kill(getpid(), n), 0); }

// Told of every signal of the test after all others: what it has received, they have been offered.
class witness {
 public:
  template <class... S>
  explicit witness(S... which) {
    os::notify(c_, which...);
  }
  witness(const witness&) = delete;
  witness& operator=(const witness&) = delete;
  ~witness() { os::stop(c_); }
  void sees(int n) {
    os::signal s;
    ASSERT_EQ(c_.recv_for(s, test::limit), offset::op_status::ok) << n;
    EXPECT_EQ(s, n);
  }

 private:
  offset::chan<os::signal> c_ = make_chan<os::signal>(100);
};

struct sigaction action_of(int n) {
  struct sigaction now {};
  EXPECT_EQ(sigaction(n, nullptr, &now), 0);
  return now;
}

TEST(Signal, NamesAreGos) {
  EXPECT_EQ(os::to_string(SIGINT), "interrupt");
  EXPECT_EQ(os::to_string(SIGKILL), "killed");
  EXPECT_EQ(os::to_string(SIGHUP), "hangup");
  EXPECT_EQ(os::to_string(SIGTERM), "terminated");
  EXPECT_EQ(os::to_string(SIGQUIT), "quit");
  EXPECT_EQ(os::to_string(SIGUSR1), "user defined signal 1");
  EXPECT_EQ(os::to_string(SIGSYS), "bad system call");
  EXPECT_EQ(os::to_string(0), "signal 0");
  EXPECT_EQ(os::to_string(35), "signal 35");
  EXPECT_EQ(os::to_string(-1), "signal -1");
  std::ostringstream text;
  text << os::interrupt << ", " << os::signal(SIGUSR2);
  EXPECT_EQ(text.str(), "interrupt, user defined signal 2");
}

TEST(Signal, IsANumber) {
  const os::signal s = SIGTERM;
  switch (s) {
    case SIGTERM: break;
    default: FAIL();
  }
  EXPECT_TRUE(s == SIGTERM);
  EXPECT_TRUE(s != os::interrupt);
}

TEST(Notify, WakesAGoroutine) {
  run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGUSR1);
    auto got = make_chan<os::signal>(1);
    offset::go([=] { got.send(*c.recv()); });
    ASSERT_TRUE(test::await_receivers(c, 1));
    send(SIGUSR1);
    EXPECT_EQ(*got.recv(), SIGUSR1);
    os::stop(c);
  });
}

TEST(Notify, PlainThreadsWithoutARuntime) {
  auto c = make_chan<os::signal>(1);
  os::notify(c, SIGUSR1);
  send(SIGUSR1);
  EXPECT_EQ(*c.recv(), SIGUSR1);
  std::thread([&] { os::stop(c); }).join();
}

TEST(Notify, WhatFindsNoRoomIsDropped) {
  run([] {
    auto none = make_chan<os::signal>();
    auto one = make_chan<os::signal>(1);
    os::notify(none, SIGUSR1);
    os::notify(one, SIGUSR1, SIGUSR2);
    witness w(SIGUSR1, SIGUSR2);
    send(SIGUSR1);
    w.sees(SIGUSR1);
    send(SIGUSR2);
    w.sees(SIGUSR2);
    EXPECT_EQ(one.len(), 1U);
    EXPECT_EQ(*one.recv(), SIGUSR1);
    // An unbuffered channel with a receiver waiting takes it.
    auto got = make_chan<os::signal>(1);
    offset::go([=] { got.send(*none.recv()); });
    ASSERT_TRUE(test::await_receivers(none, 1));
    send(SIGUSR1);
    w.sees(SIGUSR1);
    EXPECT_EQ(*got.recv(), SIGUSR1);
    os::stop(none);
    os::stop(one);
  });
}

TEST(Notify, CallingItAgainAddsSignals) {
  run([] {
    auto c = make_chan<os::signal>(10);
    os::notify(c, SIGUSR1);
    os::notify(c, SIGUSR2, SIGUSR1);
    witness w(SIGUSR1, SIGUSR2);
    for (const int n : {SIGUSR1, SIGUSR2}) {
      send(n);
      w.sees(n);
      EXPECT_EQ(c.len(), 1U);  // once, though it was asked for twice
      EXPECT_EQ(*c.recv(), n);
    }
    os::stop(c);
    for (const int n : {SIGUSR1, SIGUSR2}) {
      send(n);
      w.sees(n);
    }
    EXPECT_EQ(c.len(), 0U);
  });
}

TEST(Notify, EachChannelGetsItsCopy) {
  run([] {
    std::vector<offset::chan<os::signal>> all;
    for (int i = 0; i < 10; ++i) {
      all.push_back(make_chan<os::signal>(1));
      os::notify(all.back(), SIGUSR1);
    }
    send(SIGUSR1);
    for (const auto& c : all) EXPECT_EQ(*c.recv(), SIGUSR1);
    for (const auto& c : all) os::stop(c);
  });
}

// Different signals at the same time are all delivered.
TEST(Notify, NoneIsLostForAnother) {
  run([] {
    std::vector<os::signal> which = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
                                     SIGTERM, SIGCHLD, SIGCONT, SIGURG,  SIGWINCH};
    for (int n = SIGRTMIN; n <= SIGRTMAX; ++n) which.emplace_back(n);
    auto c = make_chan<os::signal>(100);
    os::notify(c, which);
    for (int round = 0; round < 20; ++round) {
      for (const os::signal s : which) send(s);
      std::multiset<int> got;
      for (std::size_t i = 0; i < which.size(); ++i) got.insert(*c.recv());
      EXPECT_EQ(got, std::multiset<int>(which.begin(), which.end()));
    }
    os::stop(c);
    for (const os::signal s : which) EXPECT_EQ(action_of(s).sa_handler, SIG_DFL) << s;
  });
}

TEST(Notify, NoListMeansAll) {
  run([] {
    auto c = make_chan<os::signal>(100);
    os::notify(c);
    for (const int n : {SIGHUP, SIGTERM, SIGPIPE, SIGTSTP, SIGTRAP, SIGRTMAX}) {
      send(n);
      EXPECT_EQ(*c.recv(), n);
    }
    os::stop(c);
  });
}

TEST(Notify, PassesOverWhatIsNoSignal) {
  auto c = make_chan<os::signal>(1);
  const auto before = action_of(SIGSEGV);
  os::notify(c, 0, -1, 65, 1000, SIGKILL, SIGSTOP, SIGSEGV);
  EXPECT_EQ(action_of(SIGSEGV).sa_sigaction, before.sa_sigaction);
  EXPECT_FALSE(os::ignored(0));
  EXPECT_FALSE(os::ignored(-1));
  EXPECT_FALSE(os::ignored(1000));
  os::stop(c);
}

TEST(Notify, NilChannel) {
  try {
    os::notify(offset::chan<os::signal>(), SIGUSR1);
    FAIL();
  } catch (const offset::panic_error& e) {
    EXPECT_STREQ(e.what(), "os/signal: Notify using nil channel");
  }
  os::stop(offset::chan<os::signal>());
}

TEST(Notify, AClosedChannelGetsNothing) {
  run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGUSR1);
    c.close();
    witness w(SIGUSR1);
    send(SIGUSR1);
    w.sees(SIGUSR1);
    os::stop(c);
  });
}

// A goroutine that waits for signals as main returns is not woken by a later one; the next runtime
// is told of signals as well.
TEST(Notify, OutlivesARuntime) {
  auto c = make_chan<os::signal>();
  for (int round = 0; round < 20; ++round) {
    run([&] {
      os::notify(c, SIGUSR1);
      offset::go([c] {
        while (c.recv()) {
        }
      });
      ASSERT_TRUE(test::await_receivers(c, 1));
    });
    witness w(SIGUSR1);
    send(SIGUSR1);
    w.sees(SIGUSR1);
  }
  os::stop(c);
}

TEST(Stop, OfOneChannelLeavesTheOthers) {
  run([] {
    auto a = make_chan<os::signal>(10);
    auto b = make_chan<os::signal>(10);
    os::notify(a, SIGUSR1);
    os::notify(b, SIGUSR1);
    os::stop(a);
    os::stop(a);
    send(SIGUSR1);
    EXPECT_EQ(*b.recv(), SIGUSR1);
    EXPECT_EQ(a.len(), 0U);
    os::stop(b);
    EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_DFL);
  });
}

// What came before stop was called is in the channel when it returns.
TEST(Stop, LosesNothing) {
  for (int round = 0; round < 500; ++round) {
    auto c = make_chan<os::signal>(1);
    auto other = make_chan<os::signal>(1);
    os::notify(c, SIGUSR1);
    os::notify(other, SIGUSR1);
    pthread_kill(pthread_self(), SIGUSR1);  // handled when it returns
    os::stop(c);
    EXPECT_EQ(c.len(), 1U);
    os::stop(other);
    EXPECT_EQ(other.len(), 1U);
  }
}

TEST(Stop, FromMany) {
  run([] {
    for (int round = 0; round < 50; ++round) {
      auto c = make_chan<os::signal>(1);
      os::notify(c, SIGUSR1, SIGUSR2);
      offset::sync::wait_group all;
      for (int i = 0; i < 8; ++i)
        all.go([&] {
          os::stop(c);
          auto mine = make_chan<os::signal>(1);
          os::notify(mine, SIGUSR1);
          os::stop(mine);
        });
      all.wait();
      EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_DFL);
    }
  });
}

void of_the_program(int) {}

// As it was before notify: ignored, or with the program's own handler.
TEST(Stop, RestoresWhatWasThere) {
  for (const auto handler : {SIG_DFL, SIG_IGN, &of_the_program}) {
    struct sigaction mine {};
    mine.sa_handler = handler;
    mine.sa_flags = SA_NODEFER;
    ASSERT_EQ(sigaction(SIGUSR1, &mine, nullptr), 0);
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGUSR1);
    EXPECT_NE(action_of(SIGUSR1).sa_handler, handler);
    EXPECT_FALSE(os::ignored(SIGUSR1));
    send(SIGUSR1);
    EXPECT_EQ(*c.recv(), SIGUSR1);
    os::stop(c);
    EXPECT_EQ(action_of(SIGUSR1).sa_handler, handler);
    EXPECT_NE(action_of(SIGUSR1).sa_flags & SA_NODEFER, 0);
    EXPECT_EQ(os::ignored(SIGUSR1), handler == SIG_IGN);
  }
  std::signal(SIGUSR1, SIG_DFL);
}

TEST(Stop, LeavesWhatTheProgramSetSince) {
  auto c = make_chan<os::signal>(1);
  os::notify(c, SIGUSR1);
  std::signal(SIGUSR1, &of_the_program);
  os::stop(c);
  EXPECT_EQ(action_of(SIGUSR1).sa_handler, &of_the_program);
  std::signal(SIGUSR1, SIG_DFL);
}

TEST(Ignore, EndsNotify) {
  run([] {
    auto c = make_chan<os::signal>(1);
    os::notify(c, SIGUSR1);
    os::ignore(SIGUSR1);
    EXPECT_TRUE(os::ignored(SIGUSR1));
    send(SIGUSR1);
    EXPECT_EQ(c.len(), 0U);
    os::ignore(SIGUSR1);  // drops one that was pending while a handler had it blocked
    // reset ends what notify began, and not this.
    os::reset(SIGUSR1);
    EXPECT_TRUE(os::ignored(SIGUSR1));
    os::notify(c, SIGUSR1);
    EXPECT_FALSE(os::ignored(SIGUSR1));
    send(SIGUSR1);
    EXPECT_EQ(*c.recv(), SIGUSR1);
    // Back to what the program was started with, as in Go.
    os::stop(c);
    EXPECT_FALSE(os::ignored(SIGUSR1));
    EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_DFL);
  });
}

TEST(Reset, EndsNotifyForAllChannels) {
  run([] {
    auto a = make_chan<os::signal>(10);
    auto b = make_chan<os::signal>(10);
    os::notify(a, SIGWINCH, SIGUSR1);
    os::notify(b, SIGWINCH);
    os::reset(SIGWINCH);
    EXPECT_EQ(action_of(SIGWINCH).sa_handler, SIG_DFL);
    send(SIGWINCH);
    send(SIGUSR1);
    EXPECT_EQ(*a.recv(), SIGUSR1);
    EXPECT_EQ(a.len(), 0U);
    EXPECT_EQ(b.len(), 0U);
    os::reset();
    EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_DFL);
  });
}

// Everything at once while signals come: nothing arrives after its stop (closing would be noticed
// as a lost value), and the end is clean.
TEST(Stop, AmongSignals) {
  run([] {
    auto keep = make_chan<os::signal>(1);  // so that the process is never without a channel
    os::notify(keep, SIGUSR2);
    std::atomic<bool> over{false};
    std::thread sender([&] {
      while (!over) kill(getpid(), SIGUSR2);
    });
    offset::sync::wait_group all;
    for (int i = 0; i < 8; ++i)
      all.go([] {
        for (int round = 0; round < 50; ++round) {
          auto c = make_chan<os::signal>(1);
          os::notify(c, SIGUSR2);
          if (round % 2 == 0) c.recv();
          os::stop(c);
          os::signal s;
          static_cast<void>(c.try_recv(s));
          for (int k = 0; k < 3; ++k) {
            offset::yield();
            EXPECT_EQ(c.len(), 0U);
          }
        }
      });
    all.wait();
    over = true;
    sender.join();
    // The last ones may be handled only now: the default would end the test.
    os::ignore(SIGUSR2);
  });
}

// --- notify_context

TEST(NotifyContext, ASignalCancelsIt) {
  run([] {
    auto [ctx, stop] = os::notify_context(offset::context::background(), SIGUSR1, SIGUSR2);
    auto [below, cancel] = offset::context::with_cancel(ctx);
    witness w(SIGUSR2);
    EXPECT_EQ(offset::time::sleep(ctx, 0s), offset::op_status::ok);
    send(SIGUSR2);
    EXPECT_EQ(offset::time::sleep(below, test::limit), offset::op_status::canceled);
    EXPECT_EQ(ctx.err(), std::errc::operation_canceled);
    w.sees(SIGUSR2);
    stop();
    EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_DFL);
    stop();
  });
}

TEST(NotifyContext, ValuesAndNames) {
  run([] {
    static const offset::context_key<int> key("key");
    const auto with = offset::context::with_value(offset::context::background(), key, 7);
    auto [ctx, stop] = os::notify_context(with);
    EXPECT_EQ(*ctx.value(key), 7);
    EXPECT_EQ(to_string(ctx), "signal.NotifyContext(context.Background.WithValue(key))");
    auto [below, cancel] = offset::context::with_cancel(ctx);
    EXPECT_EQ(to_string(below), to_string(ctx) + ".WithCancel");
    stop();
    EXPECT_TRUE(below.err());
  });
}

TEST(NotifyContext, WithoutARuntime) {
  EXPECT_THROW(os::notify_context(offset::context::background(), SIGUSR1), std::logic_error);
  EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_DFL);
  const os::stop_func nothing;
  nothing();
}

}  // namespace
