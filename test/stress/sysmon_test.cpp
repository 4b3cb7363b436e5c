// Goroutines that never come back to the scheduler: endless loops and unannounced blocking calls on
// every P. Others, and timers, go on; carriers that were added for it retire again.
#include <array>
#include <atomic>
#include <filesystem>
#include <thread>
#include <unistd.h>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::rounds;

unsigned procs() {
  const char* const text = std::getenv("OFFSET_MAXPROCS");
  return text != nullptr ? static_cast<unsigned>(std::atoi(text))
                         : std::thread::hardware_concurrency();
}

TEST(sysmon, endless_loops_on_every_p) {
  std::atomic<long> progressed{0};
  std::atomic<long> ticks{0};
  offset::run([&] {
    std::atomic<bool> stop{false};
    std::atomic<unsigned> looping{0};
    offset::sync::wait_group loops;
    for (unsigned i = 0; i < procs() + 1; ++i)
      loops.go([&] {
        looping.fetch_add(1);
        while (!stop.load(std::memory_order_relaxed)) stress::burn(10);
      });
    // All of them run at the same time, beside us.
    while (looping.load() < procs() + 1) offset::yield();
    for (int i = 0; i < 10; ++i) {
      auto c = offset::make_chan<int>();
      offset::go([c] { c.send(1); });
      c.recv();
      progressed.fetch_add(1);
    }
    offset::time::ticker every(2ms);
    auto c = every.c();
    for (int i = 0; i < 5; ++i) {
      c.recv();
      ticks.fetch_add(1);
    }
    stop.store(true);
    loops.wait();
  });
  EXPECT_EQ(progressed.load(), 10);
  EXPECT_EQ(ticks.load(), 5);
}

// read(2) on pipes that are empty, not through offset::blocking, on every P and one more.
TEST(sysmon, unannounced_reads_on_every_p) {
  for (long turn = 0; turn < rounds(3); ++turn) {
    std::atomic<long> bytes{0};
    offset::run([&] {
      std::vector<std::array<int, 2>> pipes(procs() + 1);
      offset::sync::wait_group readers;
      for (auto& p : pipes) {
        if (pipe(p.data()) != 0) std::abort();
        readers.go([&bytes, fd = p[0]] {
          char c = 0;
          if (read(fd, &c, 1) == 1) bytes.fetch_add(1);
        });
      }
      // One that depends on other goroutines' going on.
      auto c = offset::make_chan<std::size_t>();
      offset::go([c, n = pipes.size()] {
        for (std::size_t i = 0; i < n; ++i) {
          offset::time::sleep(1ms);
          c.send(i);
        }
        c.close();
      });
      for (const std::size_t i : c)
        if (write(pipes[i][1], "x", 1) != 1) std::abort();
      readers.wait();
      for (auto& p : pipes) {
        close(p[0]);
        close(p[1]);
      }
    });
    ASSERT_EQ(bytes.load(), procs() + 1);
  }
}

int threads_of_process() {
  int n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    ++n;
  return n;
}

// Stuck again and again: what was added is used again, and does not pile up.
TEST(sysmon, carriers_retire) {
  int most = 0;
  offset::run([&] {
    for (long turn = 0; turn < rounds(8); ++turn) {
      std::atomic<unsigned> waiting{0};
      std::atomic<bool> go_on{false};
      offset::sync::wait_group stuck;
      for (unsigned i = 0; i < procs(); ++i)
        stuck.go([&] {
          waiting.fetch_add(1);
          while (!go_on.load()) usleep(200);
        });
      while (waiting.load() < procs()) offset::yield();
      go_on.store(true);
      stuck.wait();
      // Ordinary work in between, with timers.
      offset::sync::wait_group work;
      for (int i = 0; i < 200; ++i)
        work.go([] {
          offset::yield();
          offset::time::sleep(100us);
        });
      work.wait();
      most = std::max(most, threads_of_process());
    }
  });
  // Each P once more, the main thread, sysmon, and some to spare.
  EXPECT_LE(most, static_cast<int>(2 * procs()) + 12);
}

// Short stalls mixed with work that depends on it all, so that carriers come and go.
TEST(sysmon, stalls_and_work) {
  std::atomic<long> sum{0};
  const long items = rounds(1'500);
  offset::run([&] {
    auto c = offset::make_chan<long>(4);
    auto d = offset::make_chan<long>();
    offset::sync::wait_group all;
    for (int k = 0; k < 6; ++k)
      all.go([=] {
        for (const long v : c) {
          if (v % 97 == 0) usleep(15'000);
          if (v % 61 == 0) stress::burn(3'000'000);
          d.send(v);
        }
      });
    offset::go([=] {
      for (long i = 0; i < items; ++i) c.send(i);
      c.close();
    });
    offset::go([&] {
      all.wait();
      d.close();
    });
    for (const long v : d) sum.fetch_add(v);
  });
  EXPECT_EQ(sum.load(), items * (items - 1) / 2);
}

// A goroutine that was made ready by one that then loops for ever waits in the next slot of a busy
// P.
TEST(sysmon, the_next_slot_of_a_busy_p) {
  offset::run([] {
    for (long turn = 0; turn < rounds(20); ++turn) {
      auto c = offset::make_chan<int>();
      std::atomic<bool> heard{false};
      offset::sync::wait_group all;
      all.go([&, c] {
        c.recv();
        heard.store(true);
      });
      offset::yield();
      all.go([&, c] {
        c.send(1);
        while (!heard.load()) stress::burn(10);
      });
      all.wait();
    }
  });
}

}  // namespace
