// Channels of every capacity, N senders by M receivers, with select, time-outs, tries, plain
// threads and closes in between: every value arrives exactly once, and each sender's in its order.
#include <array>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

std::atomic<long> loud_alive{0};

// An element with moves of its own, which take their time.
class loud {
 public:
  loud() = default;
  loud(int sender, long sequence) : box_(new std::pair<int, long>(sender, sequence)) {
    loud_alive.fetch_add(1);
  }
  loud(loud&& o) noexcept : box_(std::exchange(o.box_, nullptr)) { stress::burn(20); }
  loud& operator=(loud&& o) noexcept {
    stress::burn(5);
    std::swap(box_, o.box_);
    return *this;
  }
  ~loud() {
    if (box_ == nullptr) return;
    delete box_;
    loud_alive.fetch_sub(1);
  }
  int sender() const { return box_ != nullptr ? box_->first : -1; }
  long sequence() const { return box_ != nullptr ? box_->second : -1; }

 private:
  std::pair<int, long>* box_ = nullptr;
};

struct wide {
  int from = -1;
  long at = -1;
  std::array<long, 5> rest{};
};

// How each type carries who sent it, and which of the sender's values it is.
template <class T>
struct carries;
template <>
struct carries<std::uint64_t> {
  static std::uint64_t make(int s, long n) {
    return static_cast<std::uint64_t>(s) << 40 | static_cast<std::uint64_t>(n);
  }
  static int sender(std::uint64_t v) { return static_cast<int>(v >> 40); }
  static long sequence(std::uint64_t v) { return static_cast<long>(v & ((1ULL << 40) - 1)); }
};
template <>
struct carries<wide> {
  static wide make(int s, long n) { return {s, n, {n, n + 1, n + 2, n + 3, n + 4}}; }
  static int sender(const wide& v) { return v.rest[4] == v.at + 4 ? v.from : -1; }
  static long sequence(const wide& v) { return v.at; }
};
template <>
struct carries<std::string> {
  static std::string make(int s, long n) {
    return std::to_string(s) + ":" + std::to_string(n) +
           " and some more, so that it is on the heap";
  }
  static int sender(const std::string& v) { return std::atoi(v.c_str()); }
  static long sequence(const std::string& v) { return std::atol(v.c_str() + v.find(':') + 1); }
};
template <>
struct carries<std::unique_ptr<wide>> {
  static std::unique_ptr<wide> make(int s, long n) {
    return std::make_unique<wide>(carries<wide>::make(s, n));
  }
  static int sender(const std::unique_ptr<wide>& v) { return v ? carries<wide>::sender(*v) : -1; }
  static long sequence(const std::unique_ptr<wide>& v) { return v->at; }
};
template <>
struct carries<loud> {
  static loud make(int s, long n) { return {s, n}; }
  static int sender(const loud& v) { return v.sender(); }
  static long sequence(const loud& v) { return v.sequence(); }
};

struct tally {
  std::atomic<long> count{0};
  std::atomic<long> sum{0};
  std::atomic<long> disorder{0};
  std::atomic<long> damaged{0};
};

template <class T>
class receiver_log {
 public:
  receiver_log(tally& t, int senders) : tally_(&t), last_(static_cast<std::size_t>(senders), -1) {}
  void take(const T& v) {
    const int s = carries<T>::sender(v);
    if (s < 0 || static_cast<std::size_t>(s) >= last_.size()) {
      tally_->damaged.fetch_add(1);
      return;
    }
    const long n = carries<T>::sequence(v);
    long& last = last_[static_cast<std::size_t>(s)];
    if (n <= last) tally_->disorder.fetch_add(1);
    last = n;
    ++count_;
    sum_ += n;
  }
  ~receiver_log() {
    tally_->count.fetch_add(count_);
    tally_->sum.fetch_add(sum_);
  }
  receiver_log(const receiver_log&) = delete;
  receiver_log& operator=(const receiver_log&) = delete;

 private:
  tally* tally_;
  std::vector<long> last_;
  long count_ = 0;
  long sum_ = 0;
};

// Sends in one of five ways.
template <class T>
void send_one(int way, const offset::chan<T>& c, const offset::chan<T>& never, T v) {
  switch (way) {
    case 0: c.send(std::move(v)); break;
    case 1: {
      const std::size_t chosen =
          offset::select(never.if_send(std::move(v)), c.if_send(std::move(v)));
      if (chosen != 1) std::abort();
      break;
    }
    case 2:
      while (c.try_send(std::move(v)) != offset::op_status::ok) offset::yield();
      break;
    case 3:
      while (c.send_for(std::move(v), 20us) != offset::op_status::ok) {
      }
      break;
    default:
      while (offset::select(c.if_send(std::move(v)), offset::timeout(10us)) != 0) {
      }
      break;
  }
}

template <class T>
void receive_all(int way, const offset::chan<T>& c, const offset::chan<T>& never,
                 receiver_log<T>& log) {
  T v{};
  bool ok = false;
  switch (way) {
    case 0:
      while (c.recv(v)) log.take(v);
      break;
    case 1:
      for (;;) {
        if (offset::select(c.if_recv(v, ok), never.if_recv(), never.if_recv()) != 0) std::abort();
        if (!ok) return;
        log.take(v);
      }
    case 2:
      for (;;) {
        const offset::op_status status = c.try_recv(v);
        if (status == offset::op_status::closed) return;
        if (status == offset::op_status::ok)
          log.take(v);
        else
          offset::yield();
      }
    case 3:
      for (;;) {
        const offset::op_status status = c.recv_for(v, 15us);
        if (status == offset::op_status::closed) return;
        if (status == offset::op_status::ok) log.take(v);
      }
    case 4:
      for (T& got : c) log.take(got);
      break;
    default: {
      // The same channel twice, and a time-out.
      std::optional<T> a;
      for (bool open = true; open;) {
        switch (offset::select(c.if_recv(a), offset::timeout(10us),
                               c.if_recv([&](std::optional<T> got) {
                                 if (got)
                                   log.take(*got);
                                 else
                                   open = false;
                               }))) {
          case 0:
            if (a)
              log.take(*a);
            else
              open = false;
            break;
          default: break;
        }
      }
      break;
    }
  }
}

template <class T>
void many_to_many(int capacity, int senders, int receivers, long each, bool mixed,
                  int threads = 0) {
  SCOPED_TRACE(testing::Message() << "capacity " << capacity << ", " << senders << " by "
                                  << receivers);
  tally t;
  const int all_senders = senders + threads;
  const long alive_before = loud_alive.load();
  const int status = offset::run([&] {
    auto c = offset::make_chan<T>(capacity);
    auto never_taken = offset::make_chan<T>();
    auto never_given = offset::make_chan<T>();
    offset::sync::wait_group sent;
    offset::sync::wait_group received;
    std::vector<std::thread> plain;
    const auto sender = [&, c](int s) {
      dice d(static_cast<std::uint64_t>(s + 1));
      for (long n = 0; n < each; ++n)
        send_one<T>(mixed ? static_cast<int>(d.below(5)) : 0, c, never_taken,
                    carries<T>::make(s, n));
    };
    const auto receiver = [&, c](int way) {
      receiver_log<T> log(t, all_senders);
      receive_all<T>(way, c, never_given, log);
    };
    for (int s = 0; s < senders; ++s) sent.go([&, s] { sender(s); });
    for (int r = 0; r < receivers; ++r) received.go([&, r] { receiver(mixed ? r % 6 : 0); });
    for (int s = 0; s < threads; ++s) {
      sent.add(1);
      received.add(1);
      plain.emplace_back([&, s] {
        sender(senders + s);
        sent.done();
      });
      plain.emplace_back([&, s] {
        receiver(mixed ? s % 6 : 0);
        received.done();
      });
    }
    sent.wait();
    c.close();
    received.wait();
    for (std::thread& p : plain) p.join();
    return 7;
  });
  EXPECT_EQ(status, 7);
  EXPECT_EQ(t.count.load(), all_senders * each);
  EXPECT_EQ(t.sum.load(), all_senders * (each * (each - 1) / 2));
  EXPECT_EQ(t.disorder.load(), 0);
  EXPECT_EQ(t.damaged.load(), 0);
  EXPECT_EQ(loud_alive.load(), alive_before);
}

template <class T>
void all_shapes(long total) {
  for (const int capacity : {0, 1, 2, 64})
    for (const auto& [s, r] : {std::pair{1, 1}, {4, 1}, {1, 6}, {8, 12}})
      for (const bool mixed : {false, true})
        many_to_many<T>(capacity, s, r, std::max(1L, rounds(mixed ? total / 4 : total) / s), mixed);
}

TEST(channels, numbers) { all_shapes<std::uint64_t>(150'000); }
TEST(channels, wide_values) { all_shapes<wide>(60'000); }
TEST(channels, strings) { all_shapes<std::string>(30'000); }
TEST(channels, owned_values) { all_shapes<std::unique_ptr<wide>>(30'000); }
TEST(channels, loud_values) { all_shapes<loud>(40'000); }

using channels_and_threads = stress::watched;

TEST_F(channels_and_threads, numbers) {
  for (const int capacity : {0, 1, 16})
    many_to_many<std::uint64_t>(capacity, 4, 4, rounds(1'000), true, 3);
}
TEST_F(channels_and_threads, loud_values) {
  for (const int capacity : {0, 1, 2, 16}) many_to_many<loud>(capacity, 4, 4, rounds(500), true, 3);
}

// --- closing in the middle

template <class T>
void close_in_the_middle(int capacity, std::uint64_t seed) {
  std::atomic<long> sent{0};
  std::atomic<long> refused{0};
  std::atomic<long> received{0};
  offset::run([&] {
    auto c = offset::make_chan<T>(capacity);
    auto other = offset::make_chan<T>(1);
    offset::sync::wait_group all;
    constexpr int senders = 6;
    constexpr int receivers = 4;
    for (int s = 0; s < senders; ++s)
      all.go([&, s] {
        for (long n = 0;; ++n) {
          T v = carries<T>::make(s, n);
          try {
            switch (s % 3) {
              case 0: c.send(std::move(v)); break;
              case 1: offset::select(c.if_send(std::move(v))); break;
              default:
                if (c.send_for(std::move(v), 1h) == offset::op_status::closed) {
                  if (carries<T>::sender(v) != s) std::abort();  // untouched
                  throw offset::closed_channel();
                }
                break;
            }
            sent.fetch_add(1);
          } catch (const offset::closed_channel&) {
            refused.fetch_add(1);
            return;
          }
        }
      });
    for (int r = 0; r < receivers; ++r)
      all.go([&, r] {
        if (r % 2 == 0) {
          for (T& v : c) {
            if (carries<T>::sender(v) < 0) std::abort();
            received.fetch_add(1);
          }
        } else {
          bool ok = true;
          T v{};
          for (;;) {
            offset::select(c.if_recv(v, ok), other.if_recv());
            if (!ok) break;
            received.fetch_add(1);
          }
        }
      });
    dice d(seed);
    const std::uint64_t turns = d.below(200);
    for (std::uint64_t i = 0; i < turns; ++i) offset::yield();
    c.close();
    try {
      c.close();
      std::abort();
    } catch (const offset::panic_error&) {
    }
    all.wait();
    if (c.len() != 0) std::abort();
  });
  ASSERT_EQ(sent.load(), received.load());
  ASSERT_EQ(refused.load(), 6);
}

TEST(channels, closed_in_the_middle) {
  for (long i = 0; i < rounds(60); ++i)
    for (const int capacity : {0, 1, 2, 16}) {
      close_in_the_middle<std::uint64_t>(capacity, static_cast<std::uint64_t>(i));
      if (HasFatalFailure()) return;
    }
}
TEST(channels, loud_closed_in_the_middle) {
  const long before = loud_alive.load();
  for (long i = 0; i < rounds(60); ++i)
    for (const int capacity : {0, 1, 2, 16}) {
      close_in_the_middle<loud>(capacity, static_cast<std::uint64_t>(i));
      if (HasFatalFailure()) return;
    }
  EXPECT_EQ(loud_alive.load(), before);
}

// --- random selects over several channels, in both directions at once

template <class T>
void select_chaos(int capacity, bool listed, long each) {
  constexpr int channels = 5;
  constexpr int players = 12;
  std::vector<std::atomic<int>> seen(static_cast<std::size_t>(players * each));
  std::atomic<long> sent{0};
  std::atomic<long> got{0};
  std::atomic<long> senders_left{players};
  offset::run([&] {
    std::vector<offset::chan<T>> c;
    for (int i = 0; i < channels; ++i) c.push_back(offset::make_chan<T>(capacity));
    const auto note = [&](const T& v) {
      const long at = carries<T>::sender(v) * each + carries<T>::sequence(v);
      if (at < 0 || static_cast<std::size_t>(at) >= seen.size()) std::abort();
      seen[static_cast<std::size_t>(at)].fetch_add(1);
      got.fetch_add(1);
    };
    auto done = offset::make_chan<void>();
    offset::sync::wait_group all;
    for (int p = 0; p < players; ++p)
      all.go([&, p] {
        dice d(static_cast<std::uint64_t>(p) * 977 + static_cast<std::uint64_t>(capacity));
        long n = 0;
        T v = carries<T>::make(p, n);
        T in{};
        while (n < each) {
          const auto& a = c[d.below(channels)];
          const auto& b = c[d.below(channels)];
          const auto& x = c[d.below(channels)];
          std::size_t chosen = 0;
          if (listed) {
            std::vector<offset::select_case> list;
            list.push_back(a.if_recv(in));
            list.push_back(b.if_send(std::move(v)));
            list.push_back(x.if_recv(in));
            list.push_back(a.if_recv(in));
            if (d.below(4) == 0) list.push_back(offset::otherwise);
            chosen = offset::select(list);
            // A list owns its value; what was not sent is lost with it, so send that one again.
            if (chosen != 1) v = carries<T>::make(p, n);
          } else {
            switch (d.below(3)) {
              case 0:
                chosen = offset::select(a.if_recv(in), b.if_send(std::move(v)), x.if_recv(in));
                break;
              case 1:
                chosen = offset::select(a.if_recv(in), b.if_send(std::move(v)), x.if_recv(in),
                                        a.if_recv(in), offset::timeout(5us));
                break;
              default:
                chosen = offset::select(a.if_recv(in), b.if_send(std::move(v)), x.if_recv(in),
                                        a.if_recv(in), offset::otherwise);
                break;
            }
          }
          switch (chosen) {
            case 0:
            case 2:
            case 3: note(in); break;
            case 1:
              sent.fetch_add(1);
              if (++n < each) v = carries<T>::make(p, n);
              break;
            default: offset::yield(); break;
          }
        }
        if (senders_left.fetch_sub(1) == 1) done.close();
        // Receive until everybody is done, so that nobody is left waiting for a receiver.
        for (bool open = true; open;) {
          const std::size_t which =
              offset::select(c[0].if_recv(in), c[1].if_recv(in), c[2].if_recv(in), c[3].if_recv(in),
                             c[4].if_recv(in), done.if_recv());
          if (which == 5)
            open = false;
          else
            note(in);
        }
        for (auto& ch : c)
          while (ch.try_recv(in) == offset::op_status::ok) note(in);
      });
    all.wait();
  });
  EXPECT_EQ(sent.load(), players * each);
  EXPECT_EQ(got.load(), players * each);
  long wrong = 0;
  for (const auto& s : seen) wrong += s.load() != 1;
  EXPECT_EQ(wrong, 0);
}

TEST(channels, selects_in_both_directions) {
  for (const int capacity : {0, 1, 4}) {
    select_chaos<std::uint64_t>(capacity, false, rounds(4'000));
    select_chaos<loud>(capacity, false, rounds(1'000));
  }
  EXPECT_EQ(loud_alive.load(), 0);
}
TEST(channels, listed_selects_in_both_directions) {
  for (const int capacity : {0, 1, 4}) {
    select_chaos<std::uint64_t>(capacity, true, rounds(1'000));
    select_chaos<loud>(capacity, true, rounds(500));
  }
  EXPECT_EQ(loud_alive.load(), 0);
}

// A ring of goroutines, each waiting for its neighbour: nothing but hand-overs.
TEST(channels, rings) {
  for (const int capacity : {0, 1}) {
    const int members = stress::goroutines(500);
    const long laps = rounds(200);
    long arrived = 0;
    offset::run([&] {
      auto first = offset::make_chan<long>(capacity);
      auto from = first;
      for (int i = 0; i < members; ++i) {
        auto to = offset::make_chan<long>(capacity);
        offset::go([from, to] {
          for (const long v : from) to.send(v + 1);
          to.close();
        });
        from = to;
      }
      offset::go([first, laps] {
        for (long i = 0; i < laps; ++i) first.send(0);
        first.close();
      });
      for (const long v : from)
        if (v == members) ++arrived;
    });
    EXPECT_EQ(arrived, laps);
  }
}

}  // namespace
