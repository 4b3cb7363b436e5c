// The end of main with goroutines in every state, and starting again, thousands of times. What they
// waited on outlives them clean.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using offset::op_status;
using stress::dice;
using stress::rounds;

// Things that outlive many runtimes.
struct things {
  offset::chan<long> empty = offset::make_chan<long>();
  offset::chan<long> full = [] {
    auto c = offset::make_chan<long>(1);
    c.send(1);
    return c;
  }();
  offset::chan<std::string> strings = offset::make_chan<std::string>();
  offset::sync::mutex locked;
  offset::sync::rw_mutex read_locked;
  offset::sync::mutex for_cond;
  offset::sync::cond condition{for_cond};
  offset::sync::wait_group never_done;
  offset::sync::semaphore taken{1};

  things() {
    locked.lock();
    read_locked.rlock();
    never_done.add(1);
    taken.acquire();
  }

  // What is not as it was, though nobody waits in them any more; null when all is.
  const char* unclean() {
    if (empty.try_send(1) != op_status::would_block) return "a receiver is left";
    long v = 0;
    if (full.try_recv(v) != op_status::ok || v != 1) return "the buffered value is lost";
    if (full.len() != 0) return "a sender is left";
    if (full.try_send(1) != op_status::ok) return "no room";
    if (strings.try_send("dead") != op_status::would_block) return "a receiver of strings is left";
    locked.unlock();
    if (!locked.try_lock()) return "the mutex was handed to the dead";
    read_locked.runlock();
    if (!read_locked.try_lock()) return "the rw_mutex was handed to the dead";
    read_locked.unlock();
    if (!read_locked.try_rlock()) return "a writer is left";
    taken.release();
    if (!taken.try_acquire()) return "the semaphore was handed to the dead";
    condition.broadcast();  // wakes nobody: for_cond itself may have been held as its holder was
                            // abandoned
    return nullptr;
  }
};

// One goroutine for every state, or something like it.
void fill(things& t, std::uint64_t seed) {
  dice d(seed);
  using offset::go;
  go([&] { t.empty.recv(); });
  go([&] { t.full.send(2); });
  go([&] { t.strings.recv(); });
  go([&] {
    std::string own = "a value that is never sent, and never destroyed either";
    t.strings.if_send(own);  // a case that is made and not used
    offset::select(t.empty.if_recv(), t.full.if_send(3), t.strings.if_recv());
  });
  go([&] { offset::select(t.empty.if_recv(), t.full.if_send(3), offset::timeout(1h)); });
  go([&] {
    long v = 0;
    t.empty.recv_for(v, 1h);
  });
  go([&] { t.full.send_for(9, std::chrono::microseconds(50)); });
  go([&] { t.locked.lock(); });
  go([&] { t.read_locked.lock(); });
  go([&] {
    if (!t.read_locked.try_rlock()) return;  // a writer waits
    t.read_locked.runlock();
  });
  go([&] {
    std::unique_lock hold(t.for_cond, std::try_to_lock);
    if (hold) t.condition.wait(hold);
  });
  go([&] { t.never_done.wait(); });
  go([&] { t.taken.acquire(); });
  go([] { offset::time::sleep(1h); });
  go([] { offset::time::sleep(20us); });
  go([] {
    for (auto v : offset::time::tick(30us)) static_cast<void>(v);
  });
  go([] { offset::select(); });
  go([] {
    for (;;) offset::yield();
  });
  go([] { offset::blocking([] { stress::burn(500); }); });
  go([] {
    for (;;) offset::go([] { offset::yield(); }), offset::yield();
  });
  if (d.below(4) == 0) go({.pinned = true}, [&] { t.empty.recv(); });
  if (d.below(8) == 0) go({.name = "big", .stack_size = 1 << 20}, [&] { t.strings.recv(); });
  if (d.below(4) == 0)
    go({.pinned = true}, [] {
      for (;;) offset::yield();
    });
  auto own = offset::make_chan<std::unique_ptr<long>>(2);
  go([own] {
    for (auto& v : own) static_cast<void>(v);
  });
}

TEST(lifecycle, main_ends_with_goroutines_in_every_state) {
  things t;
  for (long i = 0; i < rounds(150); ++i) {
    const int status = offset::run([&] {
      fill(t, static_cast<std::uint64_t>(i));
      dice d(static_cast<std::uint64_t>(i) + 5);
      for (std::uint64_t k = d.below(60); k > 0; --k) offset::yield();
      if (d.below(3) == 0) offset::time::sleep(std::chrono::microseconds(d.below(300)));
      return static_cast<int>(i % 100);
    });
    ASSERT_EQ(status, i % 100);
    ASSERT_EQ(offset::num_goroutines(), 0U);
    ASSERT_EQ(t.unclean(), nullptr) << "after run number " << i;
  }
}

// Chosen, and made ready, but main ends before it has run again: its other cases must not stay
// queued.
TEST(lifecycle, a_chosen_select_that_never_ran) {
  for (long i = 0; i < rounds(100); ++i) {
    auto b = offset::make_chan<long>();
    auto full = offset::make_chan<long>(1);
    full.send(1);
    offset::run([&] {
      std::vector<offset::chan<long>> a;
      for (int k = 0; k < 60; ++k) {
        a.push_back(offset::make_chan<long>());
        offset::go([c = a.back(), b, full] {
          offset::select(c.if_recv(), b.if_recv(), full.if_send(2), offset::timeout(1h));
        });
      }
      for (int k = 0; k < 3; ++k) offset::yield();
      for (auto& c : a) c.try_send(1);
    });
    ASSERT_EQ(b.try_send(2), op_status::would_block);
    long v = 0;
    ASSERT_EQ(full.try_recv(v), op_status::ok);
    ASSERT_EQ(v, 1);
    ASSERT_EQ(full.len(), 0U);
  }
}

// The same by a time-out.
TEST(lifecycle, a_timed_out_receive_that_never_ran) {
  for (long i = 0; i < rounds(100); ++i) {
    auto b = offset::make_chan<long>();
    offset::run([&] {
      for (int k = 0; k < 60; ++k)
        offset::go([b] {
          long v = 0;
          b.recv_for(v, 100us);
        });
      offset::time::sleep(std::chrono::microseconds(90 + i % 20));
    });
    ASSERT_EQ(b.try_send(2), op_status::would_block);
  }
}

// A goroutine that was woken to lock a mutex and never ran again must not stand in the others' way.
TEST(lifecycle, a_woken_locker_that_never_ran) {
  for (long i = 0; i < rounds(100); ++i) {
    offset::sync::mutex m;
    offset::sync::semaphore s(1);
    offset::run([&] {
      m.lock();
      s.acquire();
      for (int k = 0; k < 8; ++k) {
        offset::go([&] { m.lock(), m.unlock(); });
        offset::go([&] { s.acquire(), s.release(); });
      }
      for (int k = 0; k < 3; ++k) offset::yield();
      m.unlock();
      s.release();
    });
    bool locked = false;
    offset::run([&] {
      if (!m.try_lock()) return;
      locked = true;
      auto done = offset::make_chan<void>();
      offset::go([&, done] {
        m.lock();
        m.unlock();
        done.send();
      });
      for (int k = 0; k < 3; ++k) offset::yield();
      offset::time::sleep(50us);
      m.unlock();
      done.recv();
    });
    ASSERT_TRUE(locked) << "run " << i;
    ASSERT_TRUE(s.try_acquire()) << "run " << i;
  }
}

int threads_of_process() {
  int n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    ++n;
  return n;
}

TEST(lifecycle, pinned_yielders_end) {
  const int before = threads_of_process();
  for (int i = 0; i < 10; ++i)
    offset::run([] {
      auto begun = offset::make_chan<void>();
      offset::go({.pinned = true}, [=] {
        begun.send();
        for (;;) offset::yield();
      });
      begun.recv();
    });
  EXPECT_EQ(threads_of_process(), before);
}

TEST(lifecycle, empty_runs) {
  long sum = 0;
  for (long i = 0; i < rounds(1'000); ++i) {
    sum += offset::run([i] {
      if (i % 2 == 0) offset::go([] {});
      if (i % 5 == 0) offset::yield();
      return 1;
    });
  }
  EXPECT_EQ(sum, rounds(1'000));
}

TEST(lifecycle, exceptions_leave_run) {
  things t;
  for (long i = 0; i < rounds(70); ++i) {
    EXPECT_THROW(offset::run([&] {
                   fill(t, static_cast<std::uint64_t>(i));
                   offset::yield();
                   throw std::runtime_error("out");
                 }),
                 std::runtime_error);
    ASSERT_EQ(t.unclean(), nullptr);
  }
}

TEST(lifecycle, runtimes_that_drain) {
  for (long i = 0; i < rounds(150); ++i) {
    std::atomic<long> ended{0};
    offset::runtime world;
    auto c = offset::make_chan<long>(i % 3);
    for (int k = 0; k < 10; ++k) {
      world.go([&, c] {
        c.send(1);
        ended.fetch_add(1);
      });
      world.go([&, c] {
        c.recv();
        ended.fetch_add(1);
      });
      world.go([&] {
        offset::time::sleep(50us);
        offset::go([&] { ended.fetch_add(1); });
      });
      world.go([&] {
        offset::blocking([] { stress::burn(100); });
        ended.fetch_add(1);
      });
    }
    ASSERT_TRUE(world.shutdown(60s));
    ASSERT_EQ(ended.load(), 40);
  }
}

TEST(lifecycle, runtimes_that_abandon) {
  things t;
  for (long i = 0; i < rounds(120); ++i) {
    {
      offset::runtime world;
      fill(t, static_cast<std::uint64_t>(i));
      if (i % 2 == 0) std::this_thread::yield();
      if (i % 3 == 0) stress::burn(50'000);
    }
    ASSERT_EQ(t.unclean(), nullptr) << "after runtime number " << i;
  }
}

// Threads of the program's own use channels, and start goroutines, across the ends of runtimes.
using lifecycle_and_threads = stress::watched;

TEST_F(lifecycle_and_threads, threads_across_runtimes) {
  std::atomic<bool> stop{false};
  std::atomic<long> started{0};
  std::atomic<long> refused{0};
  auto a = offset::make_chan<long>();
  auto b = offset::make_chan<std::string>(2);
  offset::sync::mutex m;
  std::vector<std::thread> threads;
  for (int k = 0; k < 3; ++k)
    threads.emplace_back([&, k] {
      dice d(static_cast<std::uint64_t>(k + 1));
      while (!stop.load()) {
        try {
          switch (d.below(6)) {
            case 0: a.send_for(1, 30us); break;
            case 1: {
              long v = 0;
              a.recv_for(v, 30us);
              break;
            }
            case 2:
              offset::select(b.if_send(std::string("from a thread")), a.if_recv(),
                             offset::timeout(20us));
              break;
            case 3: {
              std::string s;
              b.try_recv(s);
              break;
            }
            case 4:
              if (m.try_lock()) m.unlock();
              break;
            default:
              offset::go([&] {
                started.fetch_add(1);
                a.recv();
              });
              break;
          }
        } catch (const std::logic_error&) {
          refused.fetch_add(1);
        }
      }
    });
  for (long i = 0; i < rounds(150); ++i) {
    offset::run([&] {
      for (int k = 0; k < 6; ++k) {
        offset::go([&] {
          for (;;) a.recv();
        });
        offset::go([&] {
          for (;;) a.send(2);
        });
        offset::go([&] {
          for (;;) {
            std::string s;
            offset::select(b.if_recv(s), b.if_send(std::string("from a goroutine")));
            offset::yield();  // it never waits: only so it sees the end
          }
        });
      }
      for (long k = i % 40; k > 0; --k) offset::yield();
    });
  }
  stop.store(true);
  for (std::thread& t : threads) t.join();
  // All goroutines are gone: nobody is left to take or to give but the buffer.
  EXPECT_EQ(a.try_send(1), op_status::would_block);
  long v = 0;
  EXPECT_EQ(a.try_recv(v), op_status::would_block);
  EXPECT_LE(b.len(), 2U);
  std::printf("[ INFO     ] %ld started, %ld refused\n", started.load(), refused.load());
}

// Goroutines hold the last handles of what they wait on; nothing of it may be touched afterwards.
TEST(lifecycle, goroutines_own_what_they_wait_on) {
  for (long i = 0; i < rounds(200); ++i)
    offset::run([&] {
      for (int k = 0; k < 20; ++k) {
        auto c = offset::make_chan<std::string>(k % 3);
        auto d = offset::make_chan<long>();
        offset::go([c, d] { offset::select(c.if_recv(), d.if_recv()); });
        offset::go([c] {
          for (;;) c.send("some text that is long enough for the heap");
        });
        offset::go([] {
          offset::time::timer mine(1h);
          mine.c().recv();
        });
      }
      for (long k = i % 30; k > 0; --k) offset::yield();
    });
}

}  // namespace
