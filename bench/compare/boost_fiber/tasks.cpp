// Starting, waiting for, and parking fibers. Where a million are started each runs at once, as in
// Boost's own skynet: of those that need not wait, each has ended before the next begins.
#include <chrono>
#include <stdexcept>

#include "bench.hpp"

using namespace bench;
constexpr auto at_once = fibers::launch::dispatch;

static const workload yield("yield", 10'000'000, [](std::int64_t count) {
  constexpr int width = 16;
  const auto all = make_countdown(width);
  for (int i = 0; i < width; ++i)
    go([=, share = count / width] {
      for (std::int64_t n = 0; n < share; ++n) boost::this_fiber::yield();
      all->done();
    });
  all->wait();
});

static const workload spawn_join(
    "spawn_join", 1'000'000,
    [](std::int64_t count) {
      const auto all = make_countdown(count);
      for (std::int64_t n = 0; n < count; ++n) go(at_once, [all] { all->done(); });
      all->wait();
    },
    start::cold);

static const workload spawn_wait("spawn_wait", 1'000'000, [](std::int64_t count) {
  for (std::int64_t n = 0; n < count; ++n)
    fibers::fiber(fibers::launch::post, std::allocator_arg, kept_stacks(), [] {}).join();
});

static void node(std::shared_ptr<unbuffered<std::int64_t>> up, std::int64_t number,
                 std::int64_t leaves) {
  if (leaves == 1) {
    up->push(number);
    return;
  }
  const auto children = std::make_shared<unbuffered<std::int64_t>>();
  const std::int64_t share = leaves / 10;
  for (std::int64_t i = 0; i < 10; ++i)
    go(at_once, [=] { node(children, number + i * share, share); });
  std::int64_t sum = 0;
  std::int64_t value = 0;
  for (int i = 0; i < 10; ++i) {
    children->pop(value);
    sum += value;
  }
  up->push(sum);
}

static const workload skynet(
    "skynet", 1'000'000,
    [](std::int64_t count) {
      const auto result = std::make_shared<unbuffered<std::int64_t>>();
      go([=] { node(result, 0, count); });
      std::int64_t sum = 0;
      result->pop(sum);
      if (sum != count * (count - 1) / 2) throw std::logic_error("a wrong sum");
    },
    start::cold, figure::all);

static const workload parked_million(
    "parked_million", 1'000'000,
    [](std::int64_t count) {
      using clock = std::chrono::steady_clock;
      using ns = std::chrono::duration<double, std::nano>;
      const double number = static_cast<double>(count);
      const auto gate = std::make_shared<unbuffered<int>>();
      const auto begun = make_countdown(count);
      const auto ended = make_countdown(count);
      const double before = occupied();
      clock::time_point began = clock::now();
      for (std::int64_t i = 0; i < count; ++i)
        go(at_once, [=] {
          begun->done();
          int value = 0;
          gate->pop(value);
          ended->done();
        });
      begun->wait();
      const ns created = clock::now() - began;
      const double bytes = occupied() - before;
      began = clock::now();
      gate->close();
      ended->wait();
      const ns woken = clock::now() - began;
      report("parked_bytes", bytes / number, "B");
      report("parked_create", created.count() / number, "ns");
      report("parked_wake", woken.count() / number, "ns");
    },
    start::by_own);
