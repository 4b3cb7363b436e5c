// Messages between fibers. A buffered_channel of 128 holds 127.
#include <chrono>
#include <stdexcept>

#include "bench.hpp"

using namespace bench;
using channel = unbuffered<std::int64_t>;
using channel_ptr = std::shared_ptr<channel>;
constexpr auto ok = fibers::channel_op_status::success;

static const workload ping_pong("ping_pong", 2'000'000, [](std::int64_t count) {
  const auto ping = std::make_shared<channel>();
  const auto pong = std::make_shared<channel>();
  go([=] {
    for (std::int64_t value = 0; ping->pop(value) == ok;) pong->push(value);
  });
  std::int64_t value = 0;
  for (std::int64_t n = 0; n < count; ++n) {
    ping->push(n);
    pong->pop(value);
  }
  ping->close();
});

template <class Channel>
static void many_to_many(std::shared_ptr<Channel> messages, std::int64_t count, int width) {
  const std::int64_t share = count / width;
  const auto all = make_countdown(2 * width);
  for (int i = 0; i < width; ++i) {
    go([=] {
      for (std::int64_t n = 0; n < share; ++n) messages->push(n);
      all->done();
    });
    go([=] {
      std::int64_t value = 0;
      for (std::int64_t n = 0; n < share; ++n) messages->pop(value);
      keep(value);
      all->done();
    });
  }
  all->wait();
}
static void with_buffer(std::int64_t count, int width) {
  many_to_many(std::make_shared<buffered<std::int64_t>>(128), count, width);
}
static void without_buffer(std::int64_t count, int width) {
  many_to_many(std::make_shared<channel>(), count, width);
}

static const workload buffered_1x1("buffered_1x1", 16'000'000,
                                   [](std::int64_t count) { with_buffer(count, 1); });
static const workload buffered_4x4("buffered_4x4", 8'000'000,
                                   [](std::int64_t count) { with_buffer(count, 4); });
static const workload buffered_100x100("buffered_100x100", 8'000'000,
                                       [](std::int64_t count) { with_buffer(count, 100); });
static const workload contended_channel("contended_channel", 8'000'000,
                                        [](std::int64_t count) { with_buffer(count, 16); });
static const workload unbuffered_4x4("unbuffered_4x4", 2'000'000,
                                     [](std::int64_t count) { without_buffer(count, 4); });
static const workload unbuffered_100x100("unbuffered_100x100", 2'000'000,
                                         [](std::int64_t count) { without_buffer(count, 100); });

static const workload ring("ring", 2'000'000, [](std::int64_t count) {
  constexpr int width = 10'000;
  const auto first = std::make_shared<channel>();
  channel_ptr from = first;
  for (int i = 1; i < width; ++i) {
    const auto to = std::make_shared<channel>();
    go([=] {
      for (std::int64_t value = 0; from->pop(value) == ok;) to->push(value);
      to->close();
    });
    from = to;
  }
  // The caller is the last of the ring.
  std::int64_t value = 0;
  for (std::int64_t rounds = count / width; rounds > 0; --rounds) {
    first->push(rounds);
    from->pop(value);
  }
  first->close();
});

static const workload sieve(
    "sieve", 2'000,
    [](std::int64_t count) {
      channel_ptr numbers = std::make_shared<channel>();
      go([numbers] {
        for (std::int64_t n = 2;; ++n) numbers->push(n);
      });
      std::int64_t prime = 0;
      for (std::int64_t found = 0; found < count; ++found) {
        numbers->pop(prime);
        const auto rest = std::make_shared<channel>();
        go([in = numbers, rest, prime] {
          for (std::int64_t n = 0; in->pop(n) == ok;)
            if (n % prime != 0) rest->push(n);
        });
        numbers = rest;
      }
      if (prime != 17'389) throw std::logic_error("that is not the 2,000th prime");
    },
    start::cold, figure::all);

// Its only look into a channel that does not wait is that into a buffered one.
static const workload select_default_1("select_default_1", 50'000'000, [](std::int64_t count) {
  buffered<std::int64_t> c(2);
  std::int64_t value = 0;
  std::int64_t nothing = 0;
  for (std::int64_t n = 0; n < count; ++n)
    if (c.try_pop(value) == fibers::channel_op_status::empty) ++nothing;
  keep(nothing);
});

static const workload select_timeout("select_timeout", 2'000'000, [](std::int64_t count) {
  const auto messages = std::make_shared<channel>();
  go([=] {
    for (std::int64_t n = 0; n < count; ++n) messages->push(n);
  });
  std::int64_t value = 0;
  for (std::int64_t received = 0; received < count;)
    if (messages->pop_wait_for(value, std::chrono::seconds(1)) == ok) ++received;
});
