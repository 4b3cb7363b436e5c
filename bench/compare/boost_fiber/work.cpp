// Mutexes and computing.
#include <mutex>

#include "bench.hpp"

using namespace bench;

static const workload mutex_alone("mutex_alone", 20'000'000, [](std::int64_t count) {
  fibers::mutex mutex;
  std::int64_t guarded = 0;
  for (std::int64_t n = 0; n < count; ++n) {
    std::lock_guard lock(mutex);
    ++guarded;
  }
  keep(guarded);
});

static const workload mutex_contended("mutex_contended", 4'000'000, [](std::int64_t count) {
  constexpr int width = 8;
  fibers::mutex mutex;
  std::uint64_t guarded = 1;
  const auto all = make_countdown(width);
  for (int i = 0; i < width; ++i)
    go([&mutex, &guarded, all, share = count / width] {
      for (std::int64_t n = 0; n < share; ++n) {
        std::lock_guard lock(mutex);
        guarded = work(guarded, steps_in_100_ns);
      }
      all->done();
    });
  all->wait();
  keep(guarded);
});

static const workload parallel_work(
    "parallel_work", 80'000,
    [](std::int64_t count) {
      constexpr int width = 8;
      const auto all = make_countdown(2 * width);
      for (int i = 0; i < width; ++i) {
        const auto results = std::make_shared<unbuffered<std::uint64_t>>();
        go([=, share = count / width] {
          std::uint64_t value = 1;
          for (std::int64_t n = 0; n < share; ++n) {
            value = work(value, 100 * steps_in_100_ns);
            results->push(value);
          }
          results->close();
          all->done();
        });
        go([=] {
          std::uint64_t sum = 0;
          for (std::uint64_t value : *results) sum += value;
          keep(sum);
          all->done();
        });
      }
      all->wait();
    },
    start::warm, figure::all);
