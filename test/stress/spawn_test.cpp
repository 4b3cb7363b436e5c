// Starting goroutines from everywhere: plain threads, goroutines, pinned ones, with stacks and
// names of their own; storms of blocking calls.
#include <cstdint>
#include <set>
#include <stdexcept>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

long tid() { return syscall(SYS_gettid); }

using spawn_and_threads = stress::watched;

TEST_F(spawn_and_threads, go_from_many_threads) {
  std::atomic<long> ran{0};
  std::atomic<long> alive{0};
  const long each = rounds(30'000);
  {
    offset::runtime world;
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t)
      threads.emplace_back([&, t] {
        for (long i = 0; i < each; ++i) {
          if ((i + t) % 4 == 0)
            offset::go([&ran, c = stress::counted(alive)] {
              offset::yield();
              ran.fetch_add(1);
            });
          else
            offset::go([&ran, c = stress::counted(alive)](long n) { ran.fetch_add(n); }, 1L);
        }
      });
    for (std::thread& t : threads) t.join();
    EXPECT_TRUE(world.shutdown(60s));
  }
  EXPECT_EQ(ran.load(), each * 6);
  EXPECT_EQ(alive.load(), 0);
}

TEST(spawn, trees) {
  std::atomic<long> leaves{0};
  const int depth = stress::tsan ? 8 : 15;
  for (long i = 0; i < rounds(3); ++i)
    offset::run([&] {
      struct node {
        static void grow(int left, std::atomic<long>& count, offset::sync::wait_group& all) {
          if (left == 0) {
            count.fetch_add(1);
            return;
          }
          for (int k = 0; k < 2; ++k) all.go([left, &count, &all] { grow(left - 1, count, all); });
        }
      };
      offset::sync::wait_group all;
      node::grow(depth, leaves, all);
      all.wait();
    });
  EXPECT_EQ(leaves.load(), rounds(3) << depth);
}

// Closures of all sizes, by way of another P's queues.
template <std::size_t size>
struct filled {
  explicit filled(unsigned char with) {
    for (auto& b : bytes) b = with;
  }
  bool is(unsigned char with) const {
    for (const auto b : bytes)
      if (b != with) return false;
    return true;
  }
  unsigned char bytes[size];
};
template <std::size_t size>
void start_sized(offset::sync::wait_group& all, unsigned char with) {
  all.go([f = filled<size>(with), with] {
    if (!f.is(with)) std::abort();
    offset::yield();
    if (!f.is(with)) std::abort();
  });
}
TEST(spawn, closures_of_all_sizes) {
  offset::run([] {
    dice d(1);
    for (long i = 0; i < rounds(400); ++i) {
      offset::sync::wait_group all;
      for (int k = 0; k < 20; ++k) {
        const auto with = static_cast<unsigned char>(d.below(256));
        start_sized<1>(all, with);
        start_sized<40>(all, with);
        start_sized<100>(all, with);
        start_sized<300>(all, with);
        start_sized<1'000>(all, with);
        start_sized<5'000>(all, with);
      }
      all.wait();
    }
  });
}

TEST(spawn, stacks_of_their_own) {
  offset::run([] {
    dice d(3);
    for (long i = 0; i < rounds(100); ++i) {
      offset::sync::wait_group all;
      all.add(10);
      for (int k = 0; k < 10; ++k)
        offset::go({.name = "sized", .stack_size = (64U << 10) << d.below(5)}, [&] {
          volatile char much[20'000];
          much[0] = 1;
          much[sizeof much - 1] = 2;
          offset::yield();
          if (much[0] + much[sizeof much - 1] != 3) std::abort();
          all.done();
        });
      all.wait();
    }
  });
}

// A pinned goroutine stays on its thread, whoever wakes it, and nobody else runs there.
TEST(spawn, pinned_ones_stay) {
  std::atomic<long> moved{0};
  std::atomic<long> intruders{0};
  offset::run([&] {
    constexpr int pinned = 6;
    std::vector<std::atomic<long>> threads(pinned);
    offset::sync::wait_group all;
    auto c = offset::make_chan<long>();
    auto d = offset::make_chan<long>(2);
    offset::sync::mutex m;
    for (int k = 0; k < pinned; ++k) {
      all.add(1);
      offset::go({.pinned = true}, [&, k] {
        const long here = tid();
        threads[static_cast<std::size_t>(k)].store(here);
        for (long i = 0; i < rounds(1'000); ++i) {
          switch (i % 6) {
            case 0: d.send(i); break;
            case 1: offset::select(c.if_send(i), d.if_send(i)); break;
            case 2: offset::yield(); break;
            case 3:
              m.lock();
              offset::yield();
              m.unlock();
              break;
            case 4:
              if (i % 60 == 4) offset::time::sleep(10us);
              break;
            default:
              if (i % 60 == 5) offset::blocking([] {});
              break;
          }
          if (tid() != here) moved.fetch_add(1);
        }
        all.done();
      });
    }
    auto stop = offset::make_chan<void>();
    offset::sync::wait_group others;
    for (int k = 0; k < 6; ++k)
      others.go([&] {
        bool open = true;
        while (open) {
          if (offset::select(c.if_recv(), d.if_recv(), stop.if_recv()) == 2) open = false;
          const long here = tid();
          for (const auto& t : threads)
            if (t.load() == here) intruders.fetch_add(1);
        }
      });
    all.wait();
    stop.close();
    others.wait();
  });
  EXPECT_EQ(moved.load(), 0);
  EXPECT_EQ(intruders.load(), 0);
}

// Pinned goroutines come and go.
TEST(spawn, pinned_ones_in_numbers) {
  std::atomic<long> ran{0};
  offset::run([&] {
    for (long i = 0; i < rounds(20); ++i) {
      offset::sync::wait_group all;
      all.add(20);
      for (int k = 0; k < 20; ++k)
        offset::go({.pinned = true}, [&, k] {
          if (k % 2 == 0) offset::yield();
          if (k % 5 == 0) offset::time::sleep(50us);
          ran.fetch_add(1);
          all.done();
        });
      all.wait();
    }
  });
  EXPECT_EQ(ran.load(), rounds(20) * 20);
}

TEST(spawn, blocking_storm) {
  std::atomic<long> sum{0};
  std::atomic<long> thrown{0};
  const int callers = 200;
  const long each = rounds(100);
  offset::run({.io_threads = 24}, [&] {
    offset::sync::wait_group all;
    for (int k = 0; k < callers; ++k)
      all.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < each; ++i) {
          const auto how = d.below(100);
          try {
            sum.fetch_add(offset::blocking([how]() -> long {
              if (how == 0) throw std::runtime_error("out of the pool");
              if (how < 3) usleep(100);
              if (how < 20) stress::burn(500);
              return 1;
            }));
          } catch (const std::runtime_error&) {
            thrown.fetch_add(1);
          }
        }
      });
    all.wait();
  });
  EXPECT_EQ(sum.load() + thrown.load(), callers * each);
}

// Calls that depend on one another, up to the ceiling: each waits for the next one's channel.
TEST(spawn, blocking_calls_that_depend_on_one_another) {
  for (long turn = 0; turn < rounds(10); ++turn) {
    constexpr int depth = 30;
    long got = 0;
    offset::run({.io_threads = depth}, [&] {
      std::vector<offset::chan<long>> c;
      for (int i = 0; i <= depth; ++i) c.push_back(offset::make_chan<long>());
      for (int i = 0; i < depth; ++i)
        offset::go(
            [from = c[static_cast<std::size_t>(i)], to = c[static_cast<std::size_t>(i) + 1]] {
              offset::blocking([&] { to.send(*from.recv() + 1); });  // on a plain thread
            });
      offset::yield();
      c[0].send(0);
      got = *c[depth].recv();
    });
    ASSERT_EQ(got, depth);
  }
}

// Numbers are never given twice.
TEST(spawn, numbers_are_unique) {
  std::set<std::uint64_t> seen;
  std::mutex m;
  const int count = stress::goroutines(20'000);
  offset::run([&] {
    offset::sync::wait_group all;
    for (int i = 0; i < count; ++i)
      all.go([&] {
        const std::uint64_t id = offset::goroutine_id();
        {
          const std::lock_guard hold(m);
          seen.insert(id);
        }
        offset::yield();
        if (offset::goroutine_id() != id) std::abort();
      });
    all.wait();
  });
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
}

}  // namespace
