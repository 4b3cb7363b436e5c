// Select: one case completes, the others leave nothing behind, and no value is lost whatever ends
// the wait.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model.h"

using namespace std::chrono_literals;
using model::dice;
using model::settle;
using model::us;
using offset::chan;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::select;
using offset::select_case;
using offset::sync::wait_group;
using offset::time::now;

namespace {

using SelectModel = model::test;

// Everybody offers to send and to receive, on two channels: whoever meets, one value changes hands.
TEST_F(SelectModel, ExactlyOneCaseCompletes) {
  explore([] {
    dice d;
    const std::array<chan<int>, 2> c{make_chan<int>(), make_chan<int>()};
    const int n = d.between(2, 5);
    wait_group all;
    std::map<int, int> sent;
    std::map<int, int> received;
    int last = 0;
    for (int i = 0; i < n; ++i)
      all.go([&, i] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = 0; k < 3; ++k) {
          const int v = ++last;
          int handled = 0;
          std::size_t which = 99;
          const auto by = [&](std::size_t index) {
            ++handled;
            which = index;
          };
          std::array<int, 2> got{0, 0};
          const auto take = [&](std::size_t index) {
            return [&, index](std::optional<int> x) {
              by(index);
              got[index / 2] = x.value_or(-1);
            };
          };
          const std::size_t chosen =
              select(c[0].if_recv(take(0)), c[0].if_send(v, [&] { by(1); }), c[1].if_recv(take(2)),
                     c[1].if_send(v, [&] { by(3); }),
                     offset::timeout(us(mine.between(1, 3)), [&] { by(4); }));
          EXPECT_EQ(handled, 1);
          EXPECT_EQ(which, chosen);
          if (chosen == 1 || chosen == 3) ++sent[v];
          for (std::size_t at = 0; at < 2; ++at) {
            EXPECT_EQ(got[at] != 0, chosen == 2 * at) << "written by a loser";
            EXPECT_NE(got[at], v) << "met itself";
            if (got[at] != 0) ++received[got[at]];
          }
        }
      });
    all.wait();
    EXPECT_EQ(sent, received);
    for (const auto& [v, times] : sent) EXPECT_EQ(times, 1) << v;
  });
}

TEST_F(SelectModel, LosersLeaveNothingBehind) {
  explore([] {
    dice d;
    const int n = d.between(1, 4);
    const int selects = d.between(1, 3);
    std::vector<chan<int>> c;
    for (int i = 0; i < n; ++i) c.push_back(make_chan<int>());
    const auto both = context::with_cancel(context::background());
    const context& ctx = both.ctx;
    const offset::cancel_func& cancel = both.cancel;
    wait_group all;
    int taken = 0;
    for (int s = 0; s < selects; ++s)
      all.go([&, s, sends = d.one_in(2)] {
        std::vector<select_case> cases;
        for (const chan<int>& one : c) {
          if (sends)
            cases.emplace_back(one.if_send(s));
          else
            cases.emplace_back(one.if_recv());
        }
        cases.emplace_back(ctx.if_done());
        cases.emplace_back(offset::timeout(3us));
        if (select(cases) < c.size()) ++taken;
      });
    int met = 0;
    for (int o = 0; o < 2; ++o)
      all.go([&, o] {
        dice mine(static_cast<std::uint64_t>(o) + 1);
        for (int k = 0; k < 2; ++k) {
          offset::time::sleep(us(mine.below(3)));
          const chan<int>& one = c[static_cast<std::size_t>(mine.below(n))];
          int v = 0;
          if ((mine.one_in(2) ? one.try_send(7) : one.try_recv(v)) == op_status::ok) ++met;
        }
      });
    if (d.one_in(2))
      all.go([&, after = d.below(4), gives_way = d.below(8)] {
        if (d.one_in(2)) offset::time::sleep(us(after));
        for (int i = 0; i < gives_way; ++i) offset::yield();
        cancel();
      });
    all.wait();
    // Selects may have met each other as well: then both of the two count.
    EXPECT_GE(taken, met);
    EXPECT_EQ((taken - met) % 2, 0);
    int v = 0;
    for (const chan<int>& one : c) {
      EXPECT_EQ(one.try_send(1), op_status::would_block) << "a receive is left";
      EXPECT_EQ(one.try_recv(v), op_status::would_block) << "a send is left";
    }
  });
}

// Both sides give up now and then, by time or by context; what was sent arrives.
TEST_F(SelectModel, NothingIsLostWhereWaitsAreGivenUp) {
  explore([] {
    dice d;
    const auto c = make_chan<int>(d.below(3));
    const auto other = make_chan<int>();
    wait_group sending;
    wait_group receiving;
    std::vector<int> sent;
    std::vector<int> got;
    bool over = false;
    for (int s = 0; s < 3; ++s)
      sending.go([&, s] {
        dice mine(static_cast<std::uint64_t>(s) + 1);
        for (int k = 0; k < 4; ++k) {
          const int v = s * 10 + k;
          const auto start = now();
          const auto wait = us(mine.below(4));
          if (mine.one_in(2)) {
            const auto [ctx, cancel] = model::for_a_while(mine, 3);
            if (select(c.if_send(v), ctx.if_done(), other.if_recv()) == 0)
              sent.push_back(v);
            else
              EXPECT_TRUE(ctx.err());
          } else {
            if (select(other.if_recv(), c.if_send(v), offset::timeout(wait)) == 1)
              sent.push_back(v);
            else
              EXPECT_EQ(now() - start, wait);
          }
        }
      });
    for (int r = 0; r < 2; ++r)
      receiving.go([&, r] {
        dice mine(static_cast<std::uint64_t>(r) + 100);
        const auto take = [&](std::optional<int> v) { got.push_back(v.value_or(-1)); };
        while (!over) {
          const auto start = now();
          const auto wait = us(mine.between(1, 3));
          const std::size_t chosen =
              select(c.if_recv(take), other.if_recv(), offset::timeout(wait));
          EXPECT_NE(chosen, 1U);
          if (chosen == 2)
            EXPECT_EQ(now() - start, wait);
          else
            EXPECT_LE(now() - start, wait);
          offset::time::sleep(us(mine.below(3)));
        }
      });
    sending.wait();
    over = true;
    receiving.wait();
    int v = 0;
    while (c.try_recv(v) == op_status::ok) got.push_back(v);
    std::sort(sent.begin(), sent.end());
    std::sort(got.begin(), got.end());
    EXPECT_EQ(sent, got);
  });
}

TEST_F(SelectModel, AValueIsMovedOnlyWhenItsCaseIsChosen) {
  explore([] {
    dice d;
    const auto a = make_chan<std::unique_ptr<int>>(d.below(2));
    const auto b = make_chan<std::unique_ptr<int>>(d.below(2));
    wait_group all;
    std::vector<int> sent;
    std::vector<int> got;
    for (int s = 0; s < 3; ++s)
      all.go([&, s] {
        dice mine(static_cast<std::uint64_t>(s) + 1);
        for (int k = 0; k < 2; ++k) {
          const int n = s * 10 + k;
          auto x = std::make_unique<int>(n);
          auto y = std::make_unique<int>(n);
          const std::size_t chosen = select(a.if_send(std::move(x)), b.if_send(std::move(y)),
                                            offset::timeout(us(mine.below(3))));
          EXPECT_EQ(x == nullptr, chosen == 0);
          EXPECT_EQ(y == nullptr, chosen == 1);
          if (chosen != 2) sent.push_back(n);
        }
      });
    for (int r = 0; r < 2; ++r)
      all.go([&, r] {
        dice mine(static_cast<std::uint64_t>(r) + 100);
        for (int k = 0; k < 3; ++k) {
          std::unique_ptr<int> x;
          std::unique_ptr<int> y;
          const std::size_t chosen =
              select(a.if_recv(x), b.if_recv(y), offset::timeout(us(mine.between(1, 3))));
          EXPECT_EQ(x != nullptr, chosen == 0);
          EXPECT_EQ(y != nullptr, chosen == 1);
          if (x) got.push_back(*x);
          if (y) got.push_back(*y);
        }
      });
    all.wait();
    for (const auto& c : {a, b}) {
      std::unique_ptr<int> left;
      while (c.try_recv(left) == op_status::ok) got.push_back(*left);
    }
    std::sort(sent.begin(), sent.end());
    std::sort(got.begin(), got.end());
    EXPECT_EQ(sent, got);
  });
}

// With a default: performed when, and only when, the case can be at that instant.
TEST_F(SelectModel, OtherwiseIsForWhatIsNotReady) {
  explore([] {
    dice d;
    const int capacity = d.below(3);
    const int receivers = d.below(3);
    const auto c = make_chan<int>(capacity);
    const chan<int> nil;
    wait_group all;
    for (int r = 0; r < receivers; ++r) all.go([&] { c.recv(); });
    settle();
    const auto start = now();
    int performed = 0;
    for (int k = 0; k < 6; ++k)
      if (select(nil.if_recv(), c.if_send(k), offset::otherwise) == 1) ++performed;
    // A receiver takes what was put into the buffer at once, so it does not count twice.
    EXPECT_EQ(performed, receivers + capacity);
    EXPECT_EQ(now(), start);
    all.wait();
    EXPECT_EQ(c.len(), static_cast<std::size_t>(capacity));
    for (int k = 0; k < 6; ++k)
      if (select(nil.if_send(1), offset::otherwise, c.if_recv()) == 2) --performed;
    EXPECT_EQ(performed, receivers);
  });
}

// A list made at run time: nil channels, and one channel in several cases.
TEST_F(SelectModel, Lists) {
  explore([] {
    dice d;
    std::vector<chan<int>> c;
    for (int i = 0; i < 3; ++i) c.push_back(make_chan<int>(d.below(2)));
    c.emplace_back();
    wait_group all;
    std::vector<int> sent;
    std::vector<int> got;
    int last = 0;
    for (int i = 0; i < 4; ++i)
      all.go([&, i] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = 0; k < 3; ++k) {
          std::vector<select_case> cases;
          std::vector<int> values;
          int out = 0;
          const int n = mine.between(1, 6);
          for (int at = 0; at < n; ++at) {
            const chan<int>& one = c[static_cast<std::size_t>(mine.below(4))];
            if (mine.one_in(2)) {
              values.push_back(++last);
              cases.emplace_back(one.if_send(int{last}));
            } else {
              values.push_back(0);
              cases.emplace_back(one.if_recv(out));
            }
          }
          cases.emplace_back(offset::timeout(us(mine.between(1, 3))));
          const std::size_t chosen = select(cases);
          const bool is_send = chosen < values.size() && values[chosen] != 0;
          const bool is_recv = chosen < values.size() && values[chosen] == 0;
          EXPECT_EQ(out != 0, is_recv);
          if (is_send) sent.push_back(values[chosen]);
          if (is_recv) got.push_back(out);
        }
      });
    all.wait();
    int v = 0;
    for (const chan<int>& one : c)
      while (one.try_recv(v) == op_status::ok) got.push_back(v);
    std::sort(sent.begin(), sent.end());
    std::sort(got.begin(), got.end());
    EXPECT_EQ(sent, got);
  });
}

TEST_F(SelectModel, ACloseWakesEverySelect) {
  explore([] {
    dice d;
    const auto c = make_chan<int>(d.below(2));
    const auto never = make_chan<int>();
    const auto nor_this = make_chan<int>();
    const int receivers = d.between(0, 3);
    const int senders = d.between(0, 3);
    wait_group all;
    int sent = 0;
    int got = 0;
    int woken = 0;
    for (int r = 0; r < receivers; ++r)
      all.go([&, waits = d.one_in(2)] {
        if (waits) offset::time::sleep(1us);
        bool ok = true;
        int v = 0;
        EXPECT_EQ(select(never.if_recv(), c.if_recv(v, ok)), 1U);
        ++(ok ? got : woken);
        EXPECT_EQ(ok, v == 1);
      });
    for (int s = 0; s < senders; ++s)
      all.go([&] {
        try {
          EXPECT_EQ(select(c.if_send(1), nor_this.if_send(1)), 0U);
          ++sent;
        } catch (const offset::closed_channel&) {
          ++woken;
        }
      });
    if (d.one_in(2)) settle();
    c.close();
    all.wait();
    int left = 0;
    while (c.recv()) ++left;
    got += left;
    EXPECT_EQ(sent, got);
    EXPECT_EQ(woken, receivers + senders - sent - (got - left));
    int v = 0;
    EXPECT_EQ(never.try_send(1), op_status::would_block);
    EXPECT_EQ(nor_this.try_recv(v), op_status::would_block);
  });
}

// First come, first served, whichever way one waits.
TEST_F(SelectModel, KeepsItsPlaceInEveryQueue) {
  explore([] {
    dice d;
    const auto a = make_chan<int>();
    const auto b = make_chan<int>();
    const int n = d.between(2, 5);
    wait_group all;
    std::vector<int> served;
    for (int i = 0; i < n; ++i) {
      all.go([&, i, alone = d.one_in(3)] {
        int v = -1;
        if (alone) {
          a.recv(v);
        } else {
          select(b.if_recv(v), a.if_recv(v));
        }
        served.push_back(v * 10 + i);
      });
      settle();
    }
    for (int k = 0; k < n; ++k) {
      a.send(k);
      if (d.one_in(2)) settle();
    }
    all.wait();
    std::sort(served.begin(), served.end());
    for (int k = 0; k < n; ++k) EXPECT_EQ(served[static_cast<std::size_t>(k)], k * 10 + k);
    EXPECT_EQ(b.try_send(1), op_status::would_block);
  });
}

TEST_F(SelectModel, ChoosesAmongAllThatAreReady) {
  explore([] {
    const auto a = make_chan<int>(48);
    const auto b = make_chan<int>(48);
    for (int i = 0; i < 48; ++i) b.send(i);
    int sends = 0;
    int receives = 0;
    for (int i = 0; i < 48; ++i) switch (select(a.if_send(i), b.if_recv(), offset::timeout(0s))) {
        case 0: ++sends; break;
        case 1: ++receives; break;
        default: ADD_FAILURE() << "what is ready goes before time";
      }
    EXPECT_GT(sends, 4);  // one in 2^29 or so
    EXPECT_GT(receives, 4);
  });
}

}  // namespace
