// Hazard 10: very many parked goroutines, at the default vm.max_map_count: 200,000, and a million
// in the long variant; with the guards of the fallback too, where the kernel's limit is soon
// reached.
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

long max_map_count() {
  std::ifstream file("/proc/sys/vm/max_map_count");
  long n = 0;
  file >> n;
  return n;
}

long mappings() {
  std::ifstream file("/proc/self/maps");
  long n = 0;
  for (std::string line; std::getline(file, line);) ++n;
  return n;
}

struct memory {
  long resident = 0;     // bytes
  long page_tables = 0;  // bytes
};
memory memory_now() {
  memory m;
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  statm >> size >> m.resident;
  m.resident *= 4096;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmPTE:")) m.page_tables = std::atol(line.c_str() + 6) * 1024;
  return m;
}

// Parks `count`, in receives, sends and selects; wakes and ends all. Answers how many ended.
long park_and_wake(long count, bool report) {
  std::atomic<long> ended{0};
  std::atomic<long> parked{0};
  offset::run([&] {
    auto c = offset::make_chan<long>();
    auto gate = offset::make_chan<void>();
    const memory before = memory_now();
    for (long i = 0; i < count; ++i)
      offset::go([&ended, &parked, c, gate] {
        parked.fetch_add(1);
        gate.recv();
        ended.fetch_add(1);
      });
    while (parked.load() < count) offset::yield();
    for (int i = 0; i < 100; ++i) offset::yield();
    const memory now = memory_now();
    if (report) {
      std::printf(
          "[ INFO     ] %ld parked: %.0f bytes each resident, %.0f of page tables; "
          "%ld mappings of %ld\n",
          count, static_cast<double>(now.resident - before.resident) / static_cast<double>(count),
          static_cast<double>(now.page_tables - before.page_tables) / static_cast<double>(count),
          mappings(), max_map_count());
      std::fflush(stdout);
    }
    if (offset::num_goroutines() != static_cast<std::size_t>(count) + 1) std::abort();
    gate.close();
    while (ended.load() < count) offset::yield();
  });
  return ended.load();
}

long how_many() {
  if (stress::tsan) return 2'000;
  if (stress::asan) return 20'000;
  return stress::factor() >= 5 ? 1'000'000 : 200'000;
}

TEST(parked, very_many) {
  const long count = how_many();
  EXPECT_EQ(park_and_wake(count, true), count);
  // Once more in the same process: the address space was given back.
  EXPECT_EQ(park_and_wake(count / 4, false), count / 4);
}

// In each of several states.
TEST(parked, in_many_ways) {
  const long each = std::min(how_many() / 8, 25'000L);
  std::atomic<long> ended{0};
  offset::run([&] {
    auto c = offset::make_chan<long>();
    auto quit = offset::make_chan<void>();
    offset::sync::mutex m;
    offset::sync::wait_group group;
    offset::sync::semaphore s(1);
    m.lock();
    group.add(1);
    s.acquire();
    offset::sync::wait_group all;
    for (long i = 0; i < each; ++i) {
      all.go([&] { c.recv(), ended.fetch_add(1); });
      all.go([&] {
        offset::select(c.if_recv(), quit.if_recv(), offset::timeout(1h)), ended.fetch_add(1);
      });
      all.go([&] { m.lock(), m.unlock(), ended.fetch_add(1); });
      all.go([&] { group.wait(), ended.fetch_add(1); });
      all.go([&] { s.acquire(), s.release(), ended.fetch_add(1); });
      all.go([&] {
        long v = 0;
        c.recv_for(v, 1h);
        ended.fetch_add(1);
      });
    }
    for (int i = 0; i < 10; ++i) offset::yield();
    quit.close();
    m.unlock();
    group.done();
    s.release();
    c.close();
    all.wait();
  });
  EXPECT_EQ(ended.load(), each * 6);
}

// With mprotect each guard splits a mapping: a clear error, or it works; never a crash.
void with_mprotect() {
  setenv("OFFSET_GUARD", "mprotect", 1);
  long ended = 0;
  try {
    const long count = stress::tsan || stress::asan ? 2'000 : 200'000;
    ended = park_and_wake(count, false);
    if (ended != count) std::_Exit(3);
    std::fprintf(stderr, "clear: all %ld ended\n", ended);
  } catch (const std::system_error& e) {
    std::fprintf(stderr, "clear: %s\n", e.what());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "clear: bad_alloc\n");
  }
  std::_Exit(0);
}
TEST(parked, with_the_guards_of_the_fallback) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // Refused by `go`, or told by the runtime as it would otherwise deadlock (status 2).
  EXPECT_EXIT(
      with_mprotect(),
      [](int status) {
        return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2);
      },
      "clear: |out of memory|stack");
}

// Fewer than the limit: works with the fallback.
void few_with_mprotect() {
  setenv("OFFSET_GUARD", "mprotect", 1);
  const long count = stress::tsan ? 2'000 : 10'000;
  std::_Exit(park_and_wake(count, false) == count ? 0 : 3);
}
TEST(parked, fewer_with_the_guards_of_the_fallback) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(few_with_mprotect(), testing::ExitedWithCode(0), "");
}

// Memory comes back: wave after wave, the resident size does not climb.
TEST(parked, waves) {
  const long count = how_many() / 10;
  long first = 0;
  for (long i = 0; i < stress::rounds(6); ++i) {
    EXPECT_EQ(park_and_wake(count, false), count);
    if (i == 0) first = memory_now().resident;
  }
  if (!stress::asan && !stress::tsan) {
    // A carrier that a busy machine kept from coming back in time holds its world a little longer.
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (memory_now().resident >= first + (32L << 20) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(1ms);
    EXPECT_LT(memory_now().resident, first + (32L << 20));
  }
}

}  // namespace
