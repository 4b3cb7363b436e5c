// Hazard 5: a stale select waiter is woken, or found, by a later close, send or receive. Hazard 7:
// a parked waiter of some kind is missed by some kind of wake.
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using offset::op_status;
using stress::dice;
using stress::rounds;

// The channel has nobody in its lists: nothing can be done without waiting.
template <class T>
bool nobody_waits(const offset::chan<T>& c, const T& sample) {
  T out{};
  return c.try_send(T(sample)) == op_status::would_block &&
         c.try_recv(out) == op_status::would_block;
}

TEST(select_waiters, a_loser_is_gone_after_the_select) {
  offset::run([] {
    for (long i = 0; i < rounds(10'000); ++i) {
      auto a = offset::make_chan<long>();
      auto b = offset::make_chan<long>();
      auto done = offset::make_chan<std::size_t>(1);
      offset::go([=] {
        long v = 0;
        done.send(offset::select(a.if_recv(v), b.if_recv(v), b.if_send(7)));
      });
      if (i % 2 == 0) offset::yield();
      a.send(1);
      if (done.recv() != 0U) std::abort();
      if (!nobody_waits(a, 1L) || !nobody_waits(b, 1L)) std::abort();
      b.close();  // wakes nobody
      a.close();
      long v = 5;
      if (a.recv(v) || v != 0) std::abort();
    }
  });
}

// a is sent to, and b is closed, at the same time: the select is woken once, and b's close reaches
// those who wait in b alone.
TEST(select_waiters, close_races_with_the_winner) {
  std::atomic<long> by_value{0};
  std::atomic<long> by_close{0};
  const long turns = rounds(5'000);
  offset::run([&] {
    for (long i = 0; i < turns; ++i) {
      auto a = offset::make_chan<long>();
      auto b = offset::make_chan<long>();
      auto quit = offset::make_chan<void>();
      offset::sync::wait_group all;
      std::atomic<long> taken{0};
      for (int k = 0; k < 4; ++k)
        all.go([&, a, b] {
          long v = 0;
          bool ok = false;
          switch (offset::select(a.if_recv(v, ok), b.if_recv(v, ok))) {
            case 0:
              if (!ok || v != 9) std::abort();
              taken.fetch_add(1);
              by_value.fetch_add(1);
              break;
            default:
              if (ok) std::abort();
              by_close.fetch_add(1);
              break;
          }
          // Once more: a stale ready would be one too many.
          offset::yield();
        });
      std::atomic<long> given{0};
      for (int k = 0; k < 2; ++k)
        all.go([&, a, quit] {
          if (offset::select(a.if_send(9), quit.if_recv()) == 0) given.fetch_add(1);
        });
      offset::sync::wait_group closers;
      closers.go([=] { b.close(); });
      closers.wait();
      quit.close();
      all.wait();
      if (taken.load() != given.load()) std::abort();
      if (!nobody_waits(a, 1L)) std::abort();
    }
  });
  EXPECT_EQ(by_value.load() + by_close.load(), turns * 4);
}

// --- hazard 7: each kind of waiter by each kind of wake

enum class waits { send, recv, select_send, select_recv, send_for, recv_for, list, range };
enum class wakes { try_op, plain, select, select_list, timed, close };

const char* name_of(waits w) {
  static constexpr const char* names[] = {"send",     "recv",     "select_send", "select_recv",
                                          "send_for", "recv_for", "list",        "range"};
  return names[static_cast<int>(w)];
}

template <class T>
T value_of(long n) {
  if constexpr (std::is_same_v<T, std::string>)
    return "the value " + std::to_string(n) + ", long enough to be on the heap";
  else
    return T(n);
}

// A type with a move of its own.
struct loud {
  loud() = default;
  explicit loud(long v) : n(v) {}
  loud(const loud&) = default;
  loud(loud&& o) noexcept : n(std::exchange(o.n, -2)) {}
  loud& operator=(const loud&) = default;
  loud& operator=(loud&& o) noexcept {
    n = std::exchange(o.n, -2);
    return *this;
  }
  bool operator==(const loud&) const = default;
  ~loud() {}
  long n = -1;
};

template <class T>
bool each_kind(waits w, wakes how, int capacity, bool thread) {
  auto c = offset::make_chan<T>(capacity);
  const offset::chan<T> nil;
  const bool sends = w == waits::send || w == waits::select_send || w == waits::send_for;
  const T value = value_of<T>(4711);
  const T filler = value_of<T>(1);
  if (sends)
    for (int i = 0; i < capacity; ++i) c.send(T(filler));
  enum class result { ok, closed, wrong };
  auto done = offset::make_chan<result>(1);
  const auto waiter = [=] {
    T v{};
    bool ok = false;
    result r = result::wrong;
    try {
      switch (w) {
        case waits::send:
          c.send(T(value));
          r = result::ok;
          break;
        case waits::select_send:
          if (offset::select(nil.if_recv(), c.if_send(value)) == 1) r = result::ok;
          break;
        case waits::send_for:
          switch (c.send_for(T(value), 1h)) {
            case op_status::ok: r = result::ok; break;
            case op_status::closed: r = result::closed; break;
            default: break;
          }
          break;
        case waits::recv:
          r = c.recv(v) ? (v == value ? result::ok : result::wrong) : result::closed;
          break;
        case waits::select_recv:
          offset::select(c.if_recv(v, ok), nil.if_send(T{}));
          r = ok ? (v == value ? result::ok : result::wrong) : result::closed;
          break;
        case waits::recv_for:
          switch (c.recv_for(v, 1h)) {
            case op_status::ok: r = v == value ? result::ok : result::wrong; break;
            case op_status::closed: r = result::closed; break;
            default: break;
          }
          break;
        case waits::list: {
          std::vector<offset::select_case> list;
          list.push_back(nil.if_recv());
          for (int i = 0; i < 20; ++i) list.push_back(c.if_recv(v, ok));
          offset::select(list);
          r = ok ? (v == value ? result::ok : result::wrong) : result::closed;
          break;
        }
        case waits::range:
          r = result::closed;
          for (T& got : c) {
            r = got == value ? result::ok : result::wrong;
            break;
          }
          break;
      }
    } catch (const offset::closed_channel&) {
      r = result::closed;
    }
    done.send(r);
  };
  std::thread plain;
  if (thread)
    plain = std::thread(waiter);
  else
    offset::go(waiter);
  // Give it the time to park, sometimes.
  for (int i = 0; i < 3; ++i) offset::yield();

  T out{};
  const auto is_right = [&](const T& got) { return capacity > 0 ? got == filler : got == value; };
  bool fine = true;
  switch (how) {
    case wakes::try_op:
      if (sends) {
        // A buffered channel gives its oldest; an unbuffered one has nothing until the sender is
        // there.
        while (c.try_recv(out) != op_status::ok) offset::yield();
        fine = is_right(out);
      } else {
        while (c.try_send(T(value)) != op_status::ok) offset::yield();
      }
      break;
    case wakes::plain:
      if (sends)
        fine = c.recv(out) && is_right(out);
      else
        c.send(T(value));
      break;
    case wakes::select:
      if (sends)
        fine = offset::select(nil.if_recv(), c.if_recv(out)) == 1 && is_right(out);
      else
        fine = offset::select(nil.if_recv(), c.if_send(value)) == 1;
      break;
    case wakes::select_list: {
      std::vector<offset::select_case> list;
      for (int i = 0; i < 15; ++i) list.push_back(nil.if_recv());
      if (sends)
        list.push_back(c.if_recv(out));
      else
        list.push_back(c.if_send(value));
      fine = offset::select(list) == 15 && (!sends || is_right(out));
      break;
    }
    case wakes::timed:
      if (sends)
        fine = c.recv_for(out, 1h) == op_status::ok && is_right(out);
      else
        fine = c.send_for(T(value), 1h) == op_status::ok;
      break;
    case wakes::close: c.close(); break;
  }
  const result r = *done.recv();
  if (plain.joinable()) plain.join();
  if (how != wakes::close) return fine && r == result::ok;
  return fine && r == result::closed;
}

template <class T>
void all_kinds(bool threads) {
  offset::run([&] {
    for (long turn = 0; turn < rounds(threads ? 4 : 40); ++turn)
      for (const waits w : {waits::send, waits::recv, waits::select_send, waits::select_recv,
                            waits::send_for, waits::recv_for, waits::list, waits::range})
        for (const wakes how : {wakes::try_op, wakes::plain, wakes::select, wakes::select_list,
                                wakes::timed, wakes::close})
          for (const int capacity : {0, 1, 3})
            if (!each_kind<T>(w, how, capacity, threads)) {
              ADD_FAILURE() << name_of(w) << " by wake " << static_cast<int>(how) << ", capacity "
                            << capacity;
              return;
            }
  });
}

TEST(select_waiters, each_kind_by_each_wake) {
  all_kinds<long>(false);
  all_kinds<std::string>(false);
  all_kinds<loud>(false);
}
using select_waiters_and_threads = stress::watched;
TEST_F(select_waiters_and_threads, each_kind_by_each_wake) {
  all_kinds<long>(true);
  all_kinds<loud>(true);
}

// Two selects meet on two channels at once, in opposite orders.
TEST(select_waiters, selects_meet_selects) {
  const long each = rounds(20'000);
  std::atomic<long> balance{0};
  offset::run([&] {
    auto a = offset::make_chan<long>();
    auto b = offset::make_chan<long>();
    offset::sync::wait_group all;
    auto quit = offset::make_chan<void>();
    std::atomic<int> left{8};
    for (int k = 0; k < 8; ++k)
      all.go([&, k, a, b] {
        long v = 0;
        for (long i = 0; i < each; ++i) {
          const std::size_t chosen =
              k % 2 == 0 ? offset::select(a.if_send(i), b.if_recv(v), quit.if_recv())
                         : offset::select(b.if_send(i), a.if_recv(v), quit.if_recv());
          if (chosen == 2) return;
          balance.fetch_add(chosen == 0 ? 1 : -1);
        }
        if (left.fetch_sub(1) == 8) quit.close();
      });
    all.wait();
    if (!nobody_waits(a, 1L) || !nobody_waits(b, 1L)) std::abort();
  });
  EXPECT_EQ(balance.load(), 0);
}

}  // namespace
