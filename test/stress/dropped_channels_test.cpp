// Hazard 19: the last handle of a channel goes while values are in it: each value is destroyed
// once.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

std::atomic<long> alive{0};
std::atomic<long> doubly{0};

// Tells when it is destroyed twice, or used after.
class value {
 public:
  value() = default;
  explicit value(long n) : n_(new long(n)), state_(live) { alive.fetch_add(1); }
  value(value&& o) noexcept
      : n_(std::exchange(o.n_, nullptr)), state_(std::exchange(o.state_, empty)) {}
  value& operator=(value&& o) noexcept {
    std::swap(n_, o.n_);
    std::swap(state_, o.state_);
    return *this;
  }
  ~value() {
    if (state_ == dead) doubly.fetch_add(1);
    if (state_ == live) {
      delete n_;
      alive.fetch_sub(1);
    }
    state_ = dead;
  }
  long get() const { return state_ == live ? *n_ : -1; }

 private:
  static constexpr unsigned empty = 0x11111111;
  static constexpr unsigned live = 0x22222222;
  static constexpr unsigned dead = 0xdeaddead;
  long* n_ = nullptr;
  volatile unsigned state_ = empty;
};

TEST(dropped, with_values_in_the_buffer) {
  offset::run([] {
    for (long i = 0; i < rounds(3'000); ++i) {
      auto c = offset::make_chan<value>(1 + i % 7);
      const auto n = static_cast<long>(c.cap());
      for (long k = 0; k < n; ++k) c.send(value(k));
      if (i % 3 == 0) c.recv();
      if (i % 5 == 0) c.close();
    }
  });
  EXPECT_EQ(alive.load(), 0);
  EXPECT_EQ(doubly.load(), 0);
}

template <class T, class Make>
void against_the_last_receive(Make make) {
  std::atomic<long> received{0};
  const long turns = rounds(1'500);
  offset::run([&] {
    for (long i = 0; i < turns; ++i) {
      offset::sync::wait_group all;
      auto c = offset::make_chan<T>(i % 4);
      for (int k = 0; k < 3; ++k)
        all.go([c, k, &make]() mutable {
          if (c.cap() == 0)
            c.send_for(make(k), 10us);
          else
            c.try_send(make(k));
          if (k == 0) offset::yield();
          c = {};
        });
      for (int k = 0; k < 3; ++k)
        all.go([&, c, k]() mutable {
          T v{};
          switch (k) {
            case 0:
              if (c.try_recv(v) == offset::op_status::ok) received.fetch_add(1);
              break;
            case 1:
              if (c.recv_for(v, 5us) == offset::op_status::ok) received.fetch_add(1);
              break;
            default:
              if (offset::select(c.if_recv(v), offset::otherwise) == 0) received.fetch_add(1);
              break;
          }
          c = {};
        });
      c = {};
      all.wait();
    }
  });
  EXPECT_GE(received.load(), 0);
}

TEST(dropped, against_the_last_receive) {
  against_the_last_receive<value>([](long n) { return value(n); });
  EXPECT_EQ(alive.load(), 0);
  EXPECT_EQ(doubly.load(), 0);
  against_the_last_receive<std::string>(
      [](long n) { return std::to_string(n) + " as a string that is not short"; });
  auto shared = std::make_shared<int>(5);
  against_the_last_receive<std::shared_ptr<int>>([&](long) { return shared; });
  EXPECT_EQ(shared.use_count(), 1);
}

using dropped_by_threads = stress::watched;

TEST_F(dropped_by_threads, against_the_last_receive) {
  std::atomic<long> sent{0};
  std::atomic<long> received{0};
  {
    offset::runtime world;
    for (long i = 0; i < rounds(600); ++i) {
      auto c = offset::make_chan<value>(3);
      std::thread a([c, &sent]() mutable {
        for (long n = 0; n < 3; ++n)
          if (c.try_send(value(n)) == offset::op_status::ok) sent.fetch_add(1);
        c = {};
      });
      world.go([c, &received]() mutable {
        value v;
        while (c.try_recv(v) == offset::op_status::ok) received.fetch_add(1);
        c = {};
      });
      c = {};
      a.join();
    }
    EXPECT_TRUE(world.shutdown(60s));
  }
  EXPECT_LE(received.load(), sent.load());
  EXPECT_EQ(alive.load(), 0);
  EXPECT_EQ(doubly.load(), 0);
}

// Channels in channels, dropped from the outside in; handles in values that drop the channel they
// are in.
TEST(dropped, channels_in_channels) {
  struct box {
    box() = default;
    offset::chan<value> inner;
    value v;
  };
  offset::run([] {
    for (long i = 0; i < rounds(2'000); ++i) {
      auto outer = offset::make_chan<std::unique_ptr<box>>(4);
      for (int k = 0; k < 4; ++k) {
        auto b = std::make_unique<box>();
        b->inner = offset::make_chan<value>(2);
        b->inner.send(value(1));
        b->v = value(2);
        outer.send(std::move(b));
      }
      if (i % 2 == 0) outer.recv();
    }
  });
  EXPECT_EQ(alive.load(), 0);
}

// Handles come and go on many threads while the channel is used.
TEST(dropped, handles_come_and_go) {
  std::atomic<long> balance{0};
  offset::run([&] {
    for (long i = 0; i < rounds(200); ++i) {
      offset::sync::wait_group all;
      auto c = offset::make_chan<value>(2);
      for (int k = 0; k < 8; ++k)
        all.go([&balance, c, k]() mutable {
          dice d(static_cast<std::uint64_t>(k + 1));
          for (int n = 0; n < 50; ++n) {
            offset::send_chan<value> s = c;
            offset::recv_chan<value> r = std::as_const(c);
            if (k % 2 == 0) {
              s.send(value(n));
              balance.fetch_add(1);
            } else {
              r.recv();
              balance.fetch_sub(1);
            }
            if (d.below(4) == 0) offset::yield();
            auto moved = std::move(r);
            c = offset::chan<value>(c);
          }
        });
      all.wait();
    }
  });
  EXPECT_EQ(balance.load(), 0);
  EXPECT_EQ(alive.load(), 0);
}

}  // namespace
