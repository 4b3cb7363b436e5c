// Groups, tasks and completions: who fails is heard of, who is started has ended, and limits hold.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model.h"

using namespace std::chrono_literals;
using model::dice;
using model::settle;
using model::text_of;
using model::us;
using offset::completion;
using offset::context;
using offset::gather;
using offset::group;
using offset::op_status;
using offset::spawn;
using offset::task;
using offset::sync::wait_group;
using offset::time::now;

namespace {

using GroupModel = model::test;

template <class F>
std::string thrown_by(F f) {
  try {
    f();
  } catch (const std::exception& x) {
    return x.what();
  }
  return "";
}

TEST_F(GroupModel, TheFirstFailureIsThrownAndTheOthersAreKept) {
  explore([] {
    dice d;
    group g;
    const int n = d.between(1, 5);
    std::vector<std::string> failed;
    int ended = 0;
    for (int i = 0; i < n; ++i)
      g.go([&, i](const context& ctx) {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = mine.below(3); k > 0; --k) offset::yield();
        const op_status how = mine.one_in(2) ? offset::time::sleep(ctx, us(mine.below(3)))
                                             : (offset::yield(), op_status::ok);
        ++ended;
        // Nobody runs between here and the group's own note of it.
        if (how != op_status::ok) {
          EXPECT_FALSE(failed.empty()) << "cancelled by nobody";
          failed.emplace_back("context canceled");
          return make_error_code(offset::context_errc::canceled);
        }
        if (mine.one_in(2)) {
          failed.push_back("failure " + std::to_string(i));
          throw std::runtime_error(failed.back());
        }
        return std::error_code();
      });
    for (int w = 0; w < 2; ++w) {
      const std::string first = thrown_by([&] { g.wait(); });
      EXPECT_EQ(ended, n) << "wait has returned before all had ended";
      EXPECT_EQ(first, failed.empty() ? "" : failed[0]);
    }
    std::vector<std::string> all;
    if (!failed.empty()) all.push_back(failed[0]);
    for (const std::exception_ptr& e : g.failures()) all.push_back(text_of(e));
    EXPECT_EQ(all, failed);
    EXPECT_TRUE(g.ctx().err());
    EXPECT_EQ(text_of(g.ctx().cause()), failed.empty() ? "context canceled" : failed[0]);
  });
}

TEST_F(GroupModel, ALimitHoldsAndAPlaceIsNeverLost) {
  explore([] {
    dice d;
    group g;
    const int limit = d.between(1, 3);
    g.limit(limit);
    int active = 0;
    int started = 0;
    int ended = 0;
    const auto work = [&](int takes) {
      return [&, takes] {
        EXPECT_LE(++active, limit);
        offset::time::sleep(us(takes));
        --active;
        ++ended;
      };
    };
    wait_group starting;
    for (int s = 0; s < 4; ++s)
      starting.go([&, s] {
        dice mine(static_cast<std::uint64_t>(s) + 1);
        for (int k = 0; k < 3; ++k) {
          auto f = work(mine.below(4));
          switch (mine.below(3)) {
            case 0:
              g.go(std::move(f));
              ++started;
              break;
            case 1: started += g.try_go(std::move(f)) ? 1 : 0; break;
            default: {
              const auto [ctx, cancel] = model::for_a_while(mine, 2);
              started += g.go(ctx, std::move(f)) == op_status::ok ? 1 : 0;
            }
          }
        }
      });
    starting.wait();
    g.wait();
    EXPECT_EQ(started, ended);
    // Every place is there again.
    const auto open = offset::make_chan<void>();
    for (int i = 0; i < limit; ++i) EXPECT_TRUE(g.try_go([=] { open.recv(); }));
    EXPECT_FALSE(g.try_go([] {}));
    EXPECT_THROW(g.limit(7), offset::panic_error);
    open.close();
    g.wait();
    g.limit(-1);
  });
}

// With a limit of one, goroutines start in the order in which they asked.
TEST_F(GroupModel, PlacesAreGivenInTheOrderTheyWereAskedFor) {
  explore([] {
    dice d;
    group g;
    g.limit(1);
    const auto open = offset::make_chan<void>();
    g.go([=] { open.recv(); });
    wait_group asking;
    std::vector<int> order;
    std::vector<int> expected;
    std::vector<offset::cancel_func> cancels;
    const int n = d.between(1, 5);
    for (int i = 0; i < n; ++i) {
      auto [ctx, cancel] = context::with_cancel(context::background());
      if (d.one_in(3))
        cancels.push_back(cancel);
      else
        expected.push_back(i);
      asking.go([&, i, ctx = ctx] {
        const op_status how = g.go(ctx, [&, i] {
          order.push_back(i);
          offset::yield();
        });
        EXPECT_EQ(how, ctx.err() ? op_status::canceled : op_status::ok);
      });
      settle();
      EXPECT_FALSE(g.try_go([] {}));
    }
    for (const auto& cancel : cancels) cancel();
    settle();
    open.send();
    asking.wait();
    g.wait();
    EXPECT_EQ(order, expected);
  });
}

TEST_F(GroupModel, AWaitThatIsGivenUpLeavesTheGroup) {
  explore([] {
    dice d;
    int ended = 0;
    int heard = 0;
    {
      group g;
      const int n = d.between(1, 3);
      for (int i = 0; i < n; ++i)
        g.go([&, takes = d.below(5)](const context& ctx) {
          if (offset::time::sleep(ctx, us(takes)) != op_status::ok) ++heard;
          ++ended;
        });
      const auto start = now();
      const auto wait = us(d.below(5));
      const auto [ctx, cancel] = context::with_timeout(context::background(), wait);
      if (g.wait(ctx) == op_status::ok) {
        EXPECT_EQ(ended, n);
        EXPECT_EQ(heard, 0);
      } else {
        EXPECT_EQ(now() - start, wait);
        EXPECT_FALSE(g.ctx().err());
      }
      ended -= n;
    }
    EXPECT_EQ(ended, 0) << "the destructor waits";
  });
}

// A failure deep inside ends the whole tree, upwards by exceptions, downwards by contexts.
TEST_F(GroupModel, GroupsInGroups) {
  explore([] {
    dice d;
    const int culprit = d.below(4);
    int ended = 0;
    group outer;
    for (int o = 0; o < 2; ++o)
      outer.go([&, o](const context& of_outer) {
        group inner(of_outer);
        for (int i = 0; i < 2; ++i)
          inner.go([&, me = o * 2 + i](const context& ctx) {
            const op_status how = offset::time::sleep(ctx, me == culprit ? 1us : 1h);
            ++ended;
            if (how == op_status::ok) throw std::runtime_error("culprit");
            return ctx.err();
          });
        inner.wait();
      });
    const auto start = now();
    EXPECT_EQ(thrown_by([&] { outer.wait(); }), "culprit");
    EXPECT_EQ(ended, 4);
    EXPECT_EQ(now() - start, 1us);
    EXPECT_EQ(outer.failures().size(), 1U);
  });
}

// --- tasks

TEST_F(GroupModel, ATaskAnswersOnce) {
  explore([] {
    dice d;
    const bool fails = d.one_in(3);
    auto t = spawn([&, takes = d.below(3)](const context& ctx) {
      const op_status how = offset::time::sleep(ctx, us(takes));
      if (how != op_status::ok) return std::make_unique<int>(-1);
      if (fails) throw std::runtime_error("failed");
      return std::make_unique<int>(7);
    });
    wait_group all;
    bool cancelled = false;
    if (d.one_in(2))
      all.go([&, after = d.below(3)] {
        offset::time::sleep(us(after));
        cancelled = !t.done();
        t.cancel();
      });
    for (int i = 0; i < 2; ++i)
      all.go([&, wait = d.below(4)] {
        const auto start = now();
        const auto [ctx, cancel] = context::with_timeout(context::background(), us(wait));
        if (t.wait(ctx) == op_status::ok)
          EXPECT_TRUE(t.done());
        else
          EXPECT_EQ(now() - start, us(wait));
      });
    all.wait();
    std::string what;
    int answer = 0;
    what = thrown_by([&] { answer = *t.get(); });
    if (answer == -1) {
      EXPECT_TRUE(cancelled);
    } else {
      EXPECT_EQ(what, fails ? "failed" : "");
      EXPECT_EQ(answer, fails ? 0 : 7);
    }
    EXPECT_THROW(t.get(), offset::panic_error);
  });
}

TEST_F(GroupModel, GatherAnswersInOrderOrThrowsTheFirstFailure) {
  explore([] {
    dice d;
    const int n = d.between(1, 5);
    const bool some_fail = d.one_in(2);
    int ended = 0;
    int cancelled = 0;
    std::string first;
    std::vector<task<int>> tasks;
    const auto start = now();
    for (int i = 0; i < n; ++i)
      tasks.push_back(spawn([&, i](const context& ctx) {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        const op_status how = offset::time::sleep(ctx, us(mine.below(4)));
        ++ended;
        if (how != op_status::ok) {
          ++cancelled;
          throw std::system_error(ctx.err());
        }
        if (some_fail && first.empty() && mine.one_in(2)) {
          first = "task " + std::to_string(i);
          throw std::runtime_error(first);
        }
        return i;
      }));
    std::optional<std::vector<int>> got;
    const auto wait = us(d.below(6));
    const auto limit = context::with_timeout(context::background(), wait);
    const bool bounded = d.one_in(2);
    const std::string what = thrown_by([&] {
      if (bounded)
        got = gather(limit.ctx, std::move(tasks));
      else
        got = gather(std::move(tasks));
    });
    if (got) {
      std::vector<int> numbers;
      for (int i = 0; i < n; ++i) numbers.push_back(i);
      EXPECT_EQ(*got, numbers);
      EXPECT_EQ(first, "");
      EXPECT_EQ(ended, n);
    } else if (!what.empty()) {
      EXPECT_EQ(what, first);
      EXPECT_EQ(ended, n) << "all have been waited for";
    } else {
      EXPECT_TRUE(bounded);
      EXPECT_EQ(now() - start, wait);
      EXPECT_EQ(tasks.size(), static_cast<std::size_t>(n)) << "they are still the caller's";
      // What fails from now on is for this to hear.
      EXPECT_EQ(thrown_by([&] { gather(std::move(tasks)); }), first);
      EXPECT_EQ(ended, n);
    }
    if (first.empty()) {
      EXPECT_EQ(cancelled, 0);
    }
  });
}

// --- completions

TEST_F(GroupModel, ACompletionIsFulfilledOnce) {
  explore([] {
    dice d;
    completion<int> c;
    wait_group all;
    int won = -2;
    int wins = 0;
    for (int i = 0; i < 3; ++i)
      all.go([&, i, fails = d.one_in(4), after = d.below(3)] {
        offset::time::sleep(us(after));
        const bool mine = fails ? c.set_exception(std::runtime_error("none")) : c.set_value(int{i});
        if (!mine) return;
        ++wins;
        won = fails ? -1 : i;
      });
    std::vector<int> seen;
    for (int i = 0; i < 3; ++i)
      all.go([&, bounded = d.one_in(2), wait = d.below(3)] {
        const auto start = now();
        try {
          if (!bounded) {
            seen.push_back(c.get());
            return;
          }
          const auto [ctx, cancel] = context::with_timeout(context::background(), us(wait));
          if (const auto v = c.get(ctx))
            seen.push_back(*v);
          else
            EXPECT_EQ(now() - start, us(wait));
        } catch (const std::runtime_error&) {
          seen.push_back(-1);
        }
      });
    all.wait();
    EXPECT_EQ(wins, 1);
    EXPECT_TRUE(c.ready());
    for (const int v : seen) EXPECT_EQ(v, won);
  });
}

// It may be destroyed as soon as a get has returned, though the one that set it has not.
TEST_F(GroupModel, ACompletionMayGoOnceItHasAnswered) {
  explore([] {
    auto c = std::make_unique<completion<std::string>>();
    offset::go([p = c.get()] { EXPECT_TRUE(p->set_value("here")); });
    EXPECT_EQ(c->get(), "here");
    c.reset();
    settle();
  });
}

}  // namespace
