// Hazard 2: C++ keeps the state of exceptions for each thread. Goroutines that wait, and go on
// elsewhere, inside `catch` and during unwinding each have their own.
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

struct numbered : std::runtime_error {
  numbered(long w, long n) : std::runtime_error(std::to_string(w)), who(w), level(n) {}
  long who;
  long level;
};

void wait_somehow(dice& d, const offset::chan<long>& c) {
  switch (d.below(5)) {
    case 0: offset::yield(); break;
    case 1: offset::time::sleep(std::chrono::microseconds(d.below(30))); break;
    case 2: offset::select(c.if_send(1), c.if_recv(), offset::timeout(10us)); break;
    case 3:
      if (d.below(20) == 0) offset::blocking([] {});
      break;
    default:
      offset::yield();
      offset::yield();
      break;
  }
}

void check(bool ok, std::atomic<long>& wrong) {
  if (!ok) wrong.fetch_add(1);
}

// Waits in a catch, throws another inside it, waits in that one's catch, and rethrows through all
// levels.
void nest(long who, long level, long depth, dice& d, const offset::chan<long>& c,
          std::atomic<long>& wrong) {
  try {
    if (level == depth) throw numbered(who, level);
    nest(who, level + 1, depth, d, c, wrong);
  } catch (const numbered& e) {
    check(e.who == who && e.level == depth, wrong);
    check(std::uncaught_exceptions() == 0, wrong);
    wait_somehow(d, c);
    try {
      throw numbered(who, -level);
    } catch (const numbered& inner) {
      wait_somehow(d, c);
      check(inner.who == who && inner.level == -level, wrong);
    }
    check(std::uncaught_exceptions() == 0, wrong);
    const std::exception_ptr now = std::current_exception();
    check(now != nullptr, wrong);
    wait_somehow(d, c);
    check(now == std::current_exception(), wrong);
    if (level > 0) throw;  // the identity is that of the outer one
  }
}

TEST(exceptions, a_thousand_wait_in_catch) {
  std::atomic<long> wrong{0};
  offset::run([&] {
    auto c = offset::make_chan<long>();
    offset::sync::wait_group all;
    for (int k = 0; k < stress::goroutines(1'000); ++k)
      all.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < rounds(20); ++i) {
          nest(k, 0, 3, d, c, wrong);
          check(std::uncaught_exceptions() == 0 && std::current_exception() == nullptr, wrong);
        }
      });
    all.wait();
  });
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(std::uncaught_exceptions(), 0);
}

// Destructors that wait while an exception is on its way.
struct waits_at_the_end {
  dice& d;
  const offset::chan<long>& c;
  std::atomic<long>& wrong;
  int expected;
  ~waits_at_the_end() {
    check(std::uncaught_exceptions() == expected, wrong);
    wait_somehow(d, c);
    check(std::uncaught_exceptions() == expected, wrong);
    try {
      const int more = expected + 1;
      struct inner {
        dice& d;
        const offset::chan<long>& c;
        std::atomic<long>& wrong;
        int expected;
        ~inner() {
          wait_somehow(d, c);
          check(std::uncaught_exceptions() == expected, wrong);
        }
      } const guard{d, c, wrong, more};
      throw numbered(-7, 0);
    } catch (const numbered& e) {
      wait_somehow(d, c);
      check(e.who == -7, wrong);
    }
  }
};

TEST(exceptions, destructors_wait_while_unwinding) {
  std::atomic<long> wrong{0};
  offset::run([&] {
    auto c = offset::make_chan<long>();
    offset::sync::wait_group all;
    for (int k = 0; k < 200; ++k)
      all.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < rounds(50); ++i) try {
            const waits_at_the_end guard{d, c, wrong, 1};
            throw numbered(k, i);
          } catch (const numbered& e) {
            check(e.who == k && e.level == i, wrong);
          }
      });
    all.wait();
  });
  EXPECT_EQ(wrong.load(), 0);
}

// goexit unwinds too, through destructors that wait.
TEST(exceptions, goexit_through_waiting_destructors) {
  std::atomic<long> ended{0};
  const int count = stress::goroutines(2'000);
  const long turns = rounds(5);
  for (long turn = 0; turn < turns; ++turn)
    offset::run([&] {
      auto c = offset::make_chan<long>();
      offset::sync::wait_group all;
      for (int k = 0; k < count; ++k)
        all.go([&, k] {
          struct guard {
            dice d;
            const offset::chan<long>& c;
            std::atomic<long>& ended;
            ~guard() {
              wait_somehow(d, c);
              ended.fetch_add(1);
            }
          } const g{dice(static_cast<std::uint64_t>(k)), c, ended};
          if (k % 2 == 0) offset::yield();
          offset::goexit();
        });
      all.wait();
    });
  EXPECT_EQ(ended.load(), turns * count);
}

// Exceptions that were kept are rethrown elsewhere, by several at once.
TEST(exceptions, passed_between_goroutines) {
  std::atomic<long> wrong{0};
  const long count = rounds(2'000);
  offset::run([&] {
    auto errors = offset::make_chan<std::exception_ptr>(4);
    // ThreadSanitizer does not see how the standard library counts an exception's users: there, the
    // sender is the last of them.
    std::vector<std::exception_ptr> kept;
    offset::sync::wait_group all;
    for (int k = 0; k < 6; ++k)
      all.go([&] {
        for (const std::exception_ptr& e : errors) {
          try {
            std::rethrow_exception(e);
          } catch (const numbered& n) {
            offset::yield();
            check(std::to_string(n.who) == n.what(), wrong);
          }
        }
      });
    for (long i = 0; i < count; ++i) try {
        throw numbered(i, 0);
      } catch (...) {
        const std::exception_ptr e = std::current_exception();
        if (stress::tsan) kept.push_back(e);
        errors.send(e);
        errors.send(e);
      }
    errors.close();
    all.wait();
  });
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
