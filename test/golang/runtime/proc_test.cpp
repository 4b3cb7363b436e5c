// Go: src/runtime/proc_test.go. Everybody gets a turn: beside loops that give way, pairs that keep
// the next slot to themselves, and endless chains of starts; and several run at the same time.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

/// Starts its successor and ends, until told to stop.
struct perpetuum_mobile {
  chan<void> stop;
  void operator()() const {
    if (select(stop.if_recv(), otherwise) == 1) offset::go(*this);
  }
};

// Go changes GOMAXPROCS a thousand times beside the chain. Here the number belongs to a run, so the
// world is ended and begun with the chain going on.
TEST(Proc, StopTheWorldDeadlock) {
  for (int i = 0; i < 30; ++i) {
    offset::run({.maxprocs = 3}, [] {
      offset::go(perpetuum_mobile{make_chan<void>()});
      auto turns = make_chan<void>();
      offset::go([=] {
        for (int turn = 0; turn < 10; ++turn) turns.send();
      });
      for (int turn = 0; turn < 10; ++turn) turns.recv();
    });
  }
  EXPECT_EQ(offset::num_goroutines(), 0U);
}

void yield_progress(bool pinned) {
  offset::run([=] {
    auto c = make_chan<void>();
    auto answer = make_chan<bool>();
    offset::go({.pinned = pinned}, [=] {
      while (select(c.if_recv(), otherwise) == 1) offset::yield();
      answer.send(true);
    });
    offset::time::sleep(10ms);
    c.send();
    EXPECT_EQ(answer.recv(), true);
  });
}
TEST(Proc, YieldProgress) { yield_progress(false); }
TEST(Proc, YieldLockedProgress) { yield_progress(true); }

/// Each of `n` in its turn, three times round, while all of them keep their carriers.
void take_turns(std::atomic<unsigned>& turn, unsigned who, unsigned n) {
  for (unsigned round = 0; round < 3; ++round) {
    const unsigned mine = n * round + who;
    while (turn.load() != mine) std::this_thread::yield();  // the thread's, not the goroutine's
    turn.store(mine + 1);
  }
}

TEST(Proc, GoroutineParallelism) {
  offset::run({.maxprocs = 4}, [] {
    constexpr unsigned n = 4;
    for (int attempt = 0; attempt < 5; ++attempt) {
      std::atomic<unsigned> turn{0};
      auto done = make_chan<void>();
      for (unsigned who = 0; who < n; ++who)
        offset::go([=, &turn] {
          take_turns(turn, who, n);
          done.send();
        });
      for (unsigned who = 0; who < n; ++who) done.recv();
      EXPECT_EQ(turn.load(), 3 * n);
    }
  });
}

// Carriers that have just become idle, or of which one keeps the time of a timer (where Go's would
// sit in the network poller), are woken for what is started in a nested fashion.
void parallelism_of_idle_carriers(bool load, bool a_timer) {
  offset::run({.maxprocs = 4}, [=] {
    constexpr unsigned n = 4;
    for (int attempt = 0; attempt < 5; ++attempt) {
      auto done = make_chan<void>();
      if (load) {
        std::atomic<unsigned> arrived{0};
        for (unsigned who = 0; who < n; ++who)
          offset::go([=, &arrived] {
            ++arrived;
            while (arrived.load() != n) std::this_thread::yield();
            done.send();
          });
        for (unsigned who = 0; who < n; ++who) done.recv();
      }
      offset::time::timer pending;
      if (a_timer) pending = offset::time::timer(1h);
      std::atomic<unsigned> turn{0};
      for (unsigned p = 0; p < n / 2; ++p)
        offset::go([=, &turn] {
          for (unsigned q = 0; q < 2; ++q)
            offset::go([=, &turn] {
              take_turns(turn, 2 * p + q, n);
              done.send();
            });
        });
      for (unsigned who = 0; who < n; ++who) done.recv();
      EXPECT_EQ(turn.load(), 3 * n);
    }
  });
}
TEST(Proc, GoroutineParallelism2) {
  parallelism_of_idle_carriers(true, false);
  parallelism_of_idle_carriers(false, true);
  parallelism_of_idle_carriers(true, true);
}

// Busy channels do not keep a timer from firing.
TEST(Proc, TimerFairness) {
  offset::run([] {
    auto done = make_chan<void>();
    auto c = make_chan<void>();
    for (int i = 0; i < 2; ++i)
      offset::go([=] {
        while (select(c.if_send(), done.if_recv()) == 0) {
        }
      });
    auto timer = offset::time::after(20ms);
    long received = 0;
    while (select(c.if_recv(), timer.if_recv()) == 0) ++received;
    done.close();
    EXPECT_GT(received, 0);
  });
}

// Nor do they when every turn has a blocking call in it (Go's reads nothing from a descriptor).
TEST(Proc, TimerFairness2) {
  offset::run([] {
    auto done = make_chan<bool>();
    auto c = make_chan<void>();
    for (int i = 0; i < 2; ++i)
      offset::go([=] {
        auto timer = offset::time::after(20ms);
        do offset::blocking([] {});
        while (select(c.if_send(), c.if_recv(), timer.if_recv()) != 2);
        done.send(true);
      });
    EXPECT_EQ(done.recv(), true);
    EXPECT_EQ(done.recv(), true);
  });
}

// Go preempts whoever spins. Here each needs a carrier of its own.
TEST(Proc, Preemption) {
  offset::run({.maxprocs = 2}, [] {
    std::atomic<unsigned> turn{0};
    auto done = make_chan<void>();
    for (unsigned who = 0; who < 2; ++who)
      offset::go([=, &turn] {
        for (int i = 0; i < 5; ++i) {
          while (turn.load() != who) std::this_thread::yield();
          turn.store(1 - who);
        }
        done.send();
      });
    done.recv();
    done.recv();
    EXPECT_EQ(turn.load(), 0U);
  });
}

// More goroutines in a loop of short calls than there are carriers: all begin, and all see the end.
TEST(Proc, PreemptionAfterSyscall) {
  for (const auto length : {10us, 100us, 1000us})
    offset::run({.maxprocs = 2}, [=] {
      constexpr int n = 8;
      auto c = make_chan<void>(n);
      std::atomic<bool> stop{false};
      for (int i = 0; i < n; ++i)
        offset::go([=, &stop] {
          c.send();
          while (!stop.load())
            offset::blocking([=] {
              const auto until = std::chrono::steady_clock::now() + length;
              while (std::chrono::steady_clock::now() < until) {
              }
            });
          c.send();
        });
      for (int i = 0; i < n; ++i) c.recv();
      stop.store(true);
      for (int i = 0; i < n; ++i) c.recv();
      EXPECT_EQ(c.len(), 0U);
    });
}

// Two pairs hand something to and fro, one with a thousand times the work a turn. On one carrier
// both get on alike. Go's are preempted; these give way now and then, but between the two of a pair
// the turn passes through the next slot all the same.
TEST(Proc, PingPongHog) {
  offset::run({.maxprocs = 1}, [] {
    auto done = make_chan<void>();
    auto hog = make_chan<void>();
    auto light = make_chan<void>();
    long hogs = 0;
    long lights = 0;
    const auto player = [=](int work, long& count, const chan<void>& wake) {
      while (select(done.if_recv(), wake.if_recv()) == 1) {
        for (int i = 0; i < work; ++i) {
          ++count;
          if (i % 1000 == 999) offset::yield();
        }
        wake.send();
      }
    };
    for (int i = 0; i < 2; ++i) offset::go([=, &hogs] { player(1'000'000, hogs, hog); });
    for (int i = 0; i < 2; ++i) offset::go([=, &lights] { player(1'000, lights, light); });
    hog.send();
    light.send();
    offset::time::sleep(100ms);
    done.close();
    hog.recv();
    light.recv();
    constexpr long factor = 20;
    EXPECT_LE(hogs / factor, lights);
    EXPECT_LE(lights / factor, hogs);
  });
}

// Sets errno and reads it, on one thread. In a function of its own: compilers take errno's address
// to be the same for all of a function, and it changes with the thread at a switch.
[[gnu::noinline]] bool has_errno_of_its_own(int value) {
  errno = value;
  return errno == value;
}

// The goroutine's own identity and storage are right after each switch, whatever thread it is on.
TEST(Proc, GetgThreadSwitch) {
  offset::run([] {
    offset::sync::wait_group all;
    auto ball = make_chan<int>(4);
    for (int i = 0; i < 16; ++i)
      all.go([=] {
        const auto me = offset::goroutine_id();
        const void* const frame = __builtin_frame_address(0);
        for (int turn = 0; turn < 200; ++turn) {
          EXPECT_TRUE(has_errno_of_its_own(i + 1));
          switch (turn % 4) {
            case 0: offset::yield(); break;
            case 1: offset::time::sleep(1us); break;
            case 2: offset::blocking([] {}); break;
            case 3:
              ball.send(i);
              ball.recv();
              break;
          }
          EXPECT_EQ(offset::goroutine_id(), me);
          EXPECT_EQ(__builtin_frame_address(0), frame);
        }
      });
    all.wait();
  });
}

// netpollBreak ends a long sleep of the poller. The carrier that sleeps until the only timer, an
// hour from now, is woken by what a thread outside sends.
TEST(Proc, NetpollBreak) {
  offset::run([] {
    const offset::time::timer pending(1h);
    auto c = make_chan<int>();
    std::thread outside([=] {
      for (int i = 0; i < 10; ++i) {
        if (!test::await_receivers(c, 1)) return;
        std::this_thread::sleep_for(1ms);  // the carriers go to sleep
        c.send(i);
      }
      c.close();
    });
    int next = 0;
    for (const int v : c) EXPECT_EQ(v, next++);
    EXPECT_EQ(next, 10);
    offset::blocking([&] { outside.join(); });
  });
}

// --- numbers

PROGRAM(num_goroutine) {
  return offset::run([] { std::printf("%zu\n", offset::num_goroutines()); });
}
PROGRAM(num_goroutine_dump) {
  return offset::run([] {
    for (int i = 0; i < 6; ++i) offset::go([] { make_chan<int>().recv(); });
    std::printf("%zu", offset::num_goroutines());
    select();
  });
}
TEST(Proc, NumGoroutine) {
  const auto alone = test::run_program("num_goroutine");
  EXPECT_EQ(alone.out, "1\n");
  EXPECT_EQ(alone.status, 0);
  // As many as the dump shows.
  const auto dump = test::run_program("num_goroutine_dump");
  EXPECT_EQ(dump.status, 2);
  EXPECT_EQ(dump.out, "7");
  int shown = 0;
  for (std::size_t at = dump.err.find("\ngoroutine "); at != std::string::npos;
       at = dump.err.find("\ngoroutine ", at + 1))
    ++shown;
  EXPECT_EQ(shown, 7) << dump.err;
}

PROGRAM(big_gomaxprocs) {
  return offset::run([] {
    auto c = make_chan<int>();
    for (int i = 0; i < 100; ++i) offset::go([=] { c.send(i); });
    int sum = 0;
    for (int i = 0; i < 100; ++i) sum += *c.recv();
    std::printf("%d\n", sum);
  });
}
TEST(Proc, BigGOMAXPROCS) {
  const auto o = test::run_program("big_gomaxprocs", {"OFFSET_MAXPROCS=1024"}, 60s);
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "4950\n");
}

}  // namespace
