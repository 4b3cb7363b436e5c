// Hazard 4: a time-out and a wake-up both make the waiter ready. Hazard 6: waiters that timed out
// pile up. Sends and receives race against deadlines, on both sides; every value arrives once or is
// kept.
#include <cinttypes>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using offset::op_status;
using stress::dice;
using stress::rounds;

std::atomic<long> alive{0};

// Moves by hand, so that a channel moves it outside its lock.
class loud {
 public:
  loud() = default;
  explicit loud(long v) : box_(new long(v)) { alive.fetch_add(1); }
  loud(loud&& o) noexcept : box_(std::exchange(o.box_, nullptr)) { stress::burn(10); }
  loud& operator=(loud&& o) noexcept {
    std::swap(box_, o.box_);
    return *this;
  }
  ~loud() {
    if (box_ == nullptr) return;
    delete box_;
    alive.fetch_sub(1);
  }
  explicit operator long() const { return box_ != nullptr ? *box_ : -1; }

 private:
  long* box_ = nullptr;
};

enum class how { plain, select, until };

template <class T>
op_status timed_send(how h, const offset::chan<T>& c, T& v, std::chrono::nanoseconds d) {
  switch (h) {
    case how::plain: return c.send_for(std::move(v), d);
    case how::select:
      return offset::select(c.if_send(std::move(v)), offset::timeout(d)) == 0 ? op_status::ok
                                                                              : op_status::timeout;
    default: return c.send_until(std::move(v), std::chrono::steady_clock::now() + d);
  }
}
template <class T>
op_status timed_recv(how h, const offset::chan<T>& c, T& v, std::chrono::nanoseconds d) {
  switch (h) {
    case how::plain: return c.recv_for(v, d);
    case how::select: {
      offset::chan<T> nil;
      return offset::select(nil.if_recv(), c.if_recv(v), offset::timeout(d)) == 1
                 ? op_status::ok
                 : op_status::timeout;
    }
    default: return c.recv_until(v, std::chrono::steady_clock::now() + d);
  }
}

// `pairs` of a sender and a receiver on a channel of their own, or all on one.
template <class T>
void race(int capacity, int pairs, bool one_channel, long each, bool threads) {
  SCOPED_TRACE(testing::Message() << "capacity " << capacity
                                  << (one_channel ? ", one channel" : ""));
  std::atomic<long> sent{0};
  std::atomic<long> sent_sum{0};
  std::atomic<long> got{0};
  std::atomic<long> got_sum{0};
  std::atomic<long> timeouts{0};
  offset::run([&] {
    offset::sync::wait_group senders;
    offset::sync::wait_group receivers;
    std::vector<std::thread> plain;
    std::vector<offset::chan<T>> all;
    for (int p = 0; p < pairs; ++p) {
      offset::chan<T> c = one_channel && p > 0 ? all.front() : offset::make_chan<T>(capacity);
      all.push_back(c);
      auto send = [&, c, p] {
        dice d(static_cast<std::uint64_t>(p + 1));
        long n = 0;
        T v(n);
        for (long i = 0; i < each; ++i) {
          const auto wait = std::chrono::nanoseconds(d.below(12'000));
          if (timed_send(static_cast<how>(d.below(3)), c, v, wait) == op_status::ok) {
            sent.fetch_add(1, std::memory_order_relaxed);
            sent_sum.fetch_add(n, std::memory_order_relaxed);
            v = T(++n);
          } else {
            if (static_cast<long>(v) != n) std::abort();  // moved from although not sent
            timeouts.fetch_add(1, std::memory_order_relaxed);
          }
          stress::burn(static_cast<unsigned>(d.below(300)));
        }
      };
      auto receive = [&, c, p] {
        dice d(static_cast<std::uint64_t>(p + 1) * 7919);
        T v(-5);
        for (;;) {
          const auto wait = std::chrono::nanoseconds(d.below(12'000));
          const op_status status = timed_recv(static_cast<how>(d.below(3)), c, v, wait);
          if (status == op_status::closed) break;
          if (status == op_status::ok) {
            const long n = static_cast<long>(v);
            if (n < 0) {
              if (c.try_recv(v) == op_status::closed) break;  // a select saw the close
              std::abort();
            }
            got.fetch_add(1, std::memory_order_relaxed);
            got_sum.fetch_add(n, std::memory_order_relaxed);
            v = T(-5);
          } else {
            if (static_cast<long>(v) != -5) std::abort();  // written to although timed out
            timeouts.fetch_add(1, std::memory_order_relaxed);
          }
          stress::burn(static_cast<unsigned>(d.below(300)));
        }
      };
      // A select reads the close as a T{}: tell it from a value.
      if (threads && p % 2 == 0) {
        senders.add(1);
        plain.emplace_back([&senders, send] {
          send();
          senders.done();
        });
      } else {
        senders.go(send);
      }
      if (threads && p % 3 == 0) {
        receivers.add(1);
        plain.emplace_back([&receivers, receive] {
          receive();
          receivers.done();
        });
      } else {
        receivers.go(receive);
      }
    }
    senders.wait();
    for (int p = 0; p < (one_channel ? 1 : pairs); ++p) all[static_cast<std::size_t>(p)].close();
    receivers.wait();
    for (std::thread& t : plain) t.join();
  });
  EXPECT_EQ(sent.load(), got.load());
  EXPECT_EQ(sent_sum.load(), got_sum.load());
  EXPECT_GT(timeouts.load() + sent.load(), 0);
}

// A long whose default tells a close from a value, as loud's does.
struct number {
  number() = default;
  explicit number(long n) : value(n) {}
  explicit operator long() const { return value; }
  long value = -1;
};

TEST(deadlines, against_deadlines) {
  for (const int capacity : {0, 1, 3}) {
    race<number>(capacity, 8, false, rounds(3'000), false);
    race<number>(capacity, 8, true, rounds(3'000), false);
  }
}
TEST(deadlines, loud_against_deadlines) {
  for (const int capacity : {0, 1, 3}) {
    race<loud>(capacity, 8, false, rounds(2'000), false);
    race<loud>(capacity, 8, true, rounds(2'000), false);
  }
  EXPECT_EQ(alive.load(), 0);
}

using deadlines_and_threads = stress::watched;
TEST_F(deadlines_and_threads, against_deadlines) {
  for (const int capacity : {0, 2}) {
    race<number>(capacity, 6, false, rounds(1'000), true);
    race<loud>(capacity, 6, true, rounds(1'000), true);
  }
  EXPECT_EQ(alive.load(), 0);
}

// The sender aims at the very deadline of the receiver.
TEST(deadlines, at_the_very_deadline) {
  long ok = 0;
  long late = 0;
  const long turns = rounds(20'000);
  offset::run([&] {
    auto c = offset::make_chan<long>();
    auto go_on = offset::make_chan<std::chrono::steady_clock::time_point>();
    auto sent = offset::make_chan<bool>(1);
    offset::go([=] {
      dice d(11);
      for (const auto deadline : go_on) {
        const auto aim =
            deadline + std::chrono::nanoseconds(static_cast<long>(d.below(8'000)) - 4'000);
        while (std::chrono::steady_clock::now() < aim) offset::yield();
        sent.send(c.try_send(1) == op_status::ok);
      }
    });
    for (long i = 0; i < turns; ++i) {
      const auto deadline = std::chrono::steady_clock::now() + 15us;
      go_on.send(deadline);
      long v = 0;
      const op_status status =
          i % 2 == 0
              ? c.recv_until(v, deadline)
              : (offset::select(c.if_recv(v),
                                offset::timeout(deadline - std::chrono::steady_clock::now())) == 0
                     ? op_status::ok
                     : op_status::timeout);
      const bool was_sent = *sent.recv();
      if (was_sent != (status == op_status::ok) || was_sent != (v == 1)) std::abort();
      ++(was_sent ? ok : late);
    }
    go_on.close();
  });
  EXPECT_EQ(ok + late, turns);
  std::printf("[ INFO     ] in time %ld, late %ld\n", ok, late);
}

// A deadline against a close.
TEST(deadlines, against_close) {
  long closed = 0;
  long late = 0;
  offset::run([&] {
    for (long i = 0; i < rounds(6'000); ++i) {
      auto c = offset::make_chan<long>();
      auto done = offset::make_chan<op_status>(4);
      for (int k = 0; k < 4; ++k)
        offset::go([=] {
          long v = 0;
          if (k == 0)
            done.send(c.recv_for(v, 20us));
          else if (k == 1)
            done.send(c.send_for(1, 20us));
          else if (k == 2)
            done.send(offset::select(c.if_recv(), offset::timeout(20us)) == 0 ? op_status::closed
                                                                              : op_status::timeout);
          else
            try {
              done.send(offset::select(c.if_send(v), offset::timeout(20us)) == 0
                            ? op_status::ok
                            : op_status::timeout);
            } catch (const offset::closed_channel&) {
              done.send(op_status::closed);
            }
        });
      const auto until =
          std::chrono::steady_clock::now() + std::chrono::nanoseconds(10'000 + i % 100 * 200);
      while (std::chrono::steady_clock::now() < until) offset::yield();
      c.close();
      int pairs = 0;
      for (int k = 0; k < 4; ++k) switch (*done.recv()) {
          case op_status::closed: ++closed; break;
          case op_status::timeout: ++late; break;
          case op_status::ok: ++pairs; break;
          default: std::abort();
        }
      // A receive and a send may meet: recv_for with the selecting sender, and so on. They come in
      // twos, but the selecting receiver says `closed` for a value as well.
      if (pairs > 4) std::abort();
    }
  });
  EXPECT_GT(closed + late, 0);
}

long resident_pages() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return resident;
}

// Hazard 6.
TEST(deadlines, timed_receives_leave_nothing_behind) {
  const int crowd = stress::goroutines(1'000);
  const long each = rounds(1'000);
  offset::run([&] {
    auto c = offset::make_chan<long>();
    auto other = offset::make_chan<long>();
    long resident_before = 0;
    const auto storm = [&](long turns) {
      offset::sync::wait_group all;
      for (int i = 0; i < crowd; ++i)
        all.go([&, i] {
          long v = 0;
          for (long k = 0; k < turns; ++k) switch ((i + k) % 4) {
              case 0:
                if (c.recv_for(v, 1us) != op_status::timeout) std::abort();
                break;
              case 1:
                if (offset::select(c.if_recv(), other.if_recv(), offset::timeout(1us)) != 2)
                  std::abort();
                break;
              case 2:
                if (c.recv_for(v, 500us) != op_status::timeout) std::abort();
                k += 20;  // it takes longer
                break;
              default:
                if (offset::select(c.if_recv(), c.if_recv(), c.if_recv(), offset::timeout(2us)) !=
                    3)
                  std::abort();
                break;
            }
        });
      all.wait();
    };
    storm(std::max(1L, each / 10));
    resident_before = resident_pages();
    storm(each);
    // Nobody waits: nothing can be sent, and nothing is left that looks ready.
    if (c.try_send(1) != op_status::would_block) std::abort();
    if (offset::select(c.if_send(1), other.if_send(1), offset::otherwise) != 2) std::abort();
    // One who does wait is found at once, behind no heap of dead ones.
    auto got = offset::make_chan<long>(1);
    offset::go([=] { got.send(c.recv().value_or(-1)); });
    while (c.try_send(42) != op_status::ok) offset::yield();
    if (*got.recv() != 42) std::abort();
    const long grown = resident_pages() - resident_before;
    if (!stress::tsan && !stress::asan && grown > 4'000) {
      ADD_FAILURE() << "resident memory grew by " << grown << " pages";
    }
  });
}

}  // namespace
