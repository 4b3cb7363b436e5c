// Contexts: a cancel reaches everything below and nothing else, deadlines come at their instant,
// and a wait that is given up loses nothing.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "model.h"

using namespace std::chrono_literals;
using model::dice;
using model::settle;
using model::text_of;
using model::us;
using offset::context;
using offset::context_errc;
using offset::make_chan;
using offset::op_status;
using offset::select;
using offset::sync::wait_group;
using offset::time::now;

namespace {

using ContextModel = model::test;

// A tree as it should be: who is below whom, and what has been cancelled.
struct tree {
  struct node {
    int parent;
    context ctx;
    offset::cancel_func cancel;
    bool has_cancel;
    bool apart;          // without_cancel: its parent's end is not its own
    bool begun = false;  // a cancel of it has been called
    bool ended = false;  // and has returned
  };
  std::vector<node> nodes;

  // Whether it, or one that reaches down to it, has `what`.
  bool reached(std::size_t i, bool node::*what) const {
    for (;;) {
      const node& n = nodes[i];
      if (n.*what) return true;
      if (n.parent < 0 || n.apart) return false;
      i = static_cast<std::size_t>(n.parent);
    }
  }
  // Only from what exists already, and the place is taken before anything can run.
  std::size_t derive(int parent, int how, const offset::context_key<int>& key) {
    const context of =
        parent < 0 ? context::background() : nodes[static_cast<std::size_t>(parent)].ctx;
    node n{parent, {}, {}, false, false};
    switch (how) {
      case 0: n.ctx = context::with_value(of, key, 1); break;
      case 1:
        n.ctx = context::without_cancel(of);
        n.apart = true;
        break;
      default: {
        auto made = how == 2 ? context::with_timeout(of, 1h) : context::with_cancel(of);
        n.ctx = std::move(made.ctx);
        n.cancel = std::move(made.cancel);
        n.has_cancel = true;
      }
    }
    nodes.push_back(std::move(n));
    return nodes.size() - 1;
  }
};

TEST_F(ContextModel, CancelReachesAllBelowAndNothingElse) {
  const offset::context_key<int> key;
  explore([&] {
    dice d;
    tree t;
    t.nodes.reserve(64);
    const auto grow = [&](dice& by) {
      const int n = static_cast<int>(t.nodes.size());
      const int parent = n == 0 || by.one_in(6) ? -1 : by.below(n);
      t.derive(parent, by.below(7), key);
    };
    const int first = d.between(3, 10);
    for (int i = 0; i < first; ++i) grow(d);
    wait_group waiting;
    int woken_too_early = 0;
    const auto watch = [&](std::size_t i) {
      waiting.go([&, i, how = i % 3] {
        const context ctx = t.nodes[i].ctx;
        if (how == 0)
          ctx.done().recv();
        else if (how == 1)
          offset::time::sleep(ctx, 1min);
        else
          select(ctx.if_done(), offset::timeout(1min));
        if (ctx.err() && !t.reached(i, &tree::node::begun)) ++woken_too_early;
      });
    };
    for (std::size_t i = 0; i < t.nodes.size(); ++i)
      if (t.nodes[i].ctx.done() && d.one_in(2)) watch(i);
    if (d.one_in(2)) settle();
    wait_group all;
    for (int a = 0; a < 3; ++a)
      all.go([&, a] {
        dice mine(static_cast<std::uint64_t>(a) + 1);
        for (int k = 0; k < 3; ++k) {
          offset::yield();
          if (mine.one_in(3)) {
            const int n = static_cast<int>(t.nodes.size());
            t.derive(mine.below(n), mine.below(7), key);
            continue;
          }
          const auto i = static_cast<std::size_t>(mine.below(static_cast<int>(t.nodes.size())));
          if (!t.nodes[i].has_cancel) continue;
          t.nodes[i].begun = true;
          t.nodes[i].cancel();
          t.nodes[i].ended = true;
          for (std::size_t j = 0; j < t.nodes.size(); ++j) {
            const bool done = static_cast<bool>(t.nodes[j].ctx.err());
            EXPECT_TRUE(done || !t.reached(j, &tree::node::ended)) << "cancel has returned";
            EXPECT_TRUE(!done || t.reached(j, &tree::node::begun)) << "nobody cancelled it";
          }
        }
      });
    all.wait();
    settle();
    for (std::size_t j = 0; j < t.nodes.size(); ++j) {
      const context& ctx = t.nodes[j].ctx;
      const bool done = t.reached(j, &tree::node::ended);
      EXPECT_EQ(ctx.err(), done ? make_error_code(context_errc::canceled) : std::error_code());
      EXPECT_EQ(ctx.cause() != nullptr, done);
      EXPECT_EQ(ctx.done() && ctx.done().try_recv() == op_status::closed, done);
    }
    for (tree::node& n : t.nodes) n.begun = true, n.cancel();
    waiting.wait();
    EXPECT_EQ(woken_too_early, 0);
  });
}

TEST_F(ContextModel, DeadlinesComeInOrderAtTheirInstant) {
  explore([] {
    dice d;
    const auto start = now();
    const int n = d.between(1, 6);
    std::vector<context> ctxs{context::background()};
    std::vector<std::optional<std::chrono::microseconds>> due{std::nullopt};
    std::vector<offset::cancel_func> cancels;
    wait_group all;
    auto last = start;
    for (int i = 0; i < n; ++i) {
      const auto parent = static_cast<std::size_t>(d.below(static_cast<int>(ctxs.size())));
      const auto wait = us(d.below(8));
      auto [ctx, cancel] = context::with_timeout(ctxs[parent], wait);
      cancels.push_back(cancel);
      const auto when = due[parent] ? std::min(*due[parent], wait) : wait;
      EXPECT_EQ(ctx.deadline(), start + when);
      ctxs.push_back(ctx);
      due.emplace_back(when);
      for (int w = 0; w < 2; ++w)
        all.go([&, ctx = ctx, when, how = d.below(4)] {
          const auto never = make_chan<int>();
          int v = 0;
          switch (how) {
            case 0: ctx.done().recv(); break;
            case 1: EXPECT_EQ(never.recv(ctx, v), op_status::canceled); break;
            case 2: EXPECT_EQ(offset::time::sleep(ctx, 1h), op_status::canceled); break;
            default: EXPECT_EQ(select(never.if_recv(), ctx.if_done()), 1U);
          }
          EXPECT_EQ(now() - start, when);
          EXPECT_LE(last, now());
          last = now();
          EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
        });
    }
    all.wait();
  });
}

// The time, a cancel, and the parent's cancel, all at the same instant: one of them it was, for all
// who ask, and for those below.
TEST_F(ContextModel, OneReasonForAll) {
  explore([] {
    dice d;
    const auto wait = us(d.between(1, 3));
    auto [parent, cancel_parent] = context::with_cancel_cause(context::background());
    auto [timed, cancel_timed] = context::with_timeout(
        parent, wait, std::make_exception_ptr(std::runtime_error("the time")));
    auto [ctx, cancel] = context::with_cancel_cause(timed);
    auto [below, cancel_below] = context::with_cancel(ctx);
    wait_group all;
    std::vector<std::string> seen;
    for (int i = 0; i < 2; ++i)
      all.go([&, i, below = below, ctx = ctx] {
        (i == 0 ? below : ctx).done().recv();
        seen.push_back(text_of(ctx.cause()));
        if (i == 0) {
          EXPECT_EQ(text_of(below.cause()), seen.back());
        }
        EXPECT_EQ(ctx.err(), below.err());
        EXPECT_EQ(ctx.err() == context_errc::deadline_exceeded, seen.back() == "the time");
      });
    const auto later = [&](auto f) {
      if (d.one_in(2))
        all.go([f, w = d.one_in(2) ? wait : 1us * d.below(4)] {
          offset::time::sleep(w);
          f();
        });
    };
    later([c = cancel_parent] { c(std::runtime_error("the parent")); });
    later([c = cancel] { c(std::runtime_error("one")); });
    later([c = cancel] { c(std::runtime_error("another")); });
    all.wait();
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(text_of(ctx.cause()), seen[0]) << "the first counts";
    cancel_below();
    cancel_timed();
  });
}

TEST_F(ContextModel, AfterFuncRunsOnceUnlessItWasStopped) {
  explore([] {
    dice d;
    auto [ctx, cancel] = d.one_in(2) ? context::with_cancel(context::background())
                                     : context::with_timeout(context::background(), 2us);
    struct one {
      int runs = 0;
      int stops = 0;
    };
    std::vector<one> of(static_cast<std::size_t>(d.between(1, 4)));
    wait_group all;
    for (one& o : of)
      all.go([&, ctx = ctx, waits = d.below(4), stops = d.below(3)] {
        offset::time::sleep(us(waits));
        const auto stop = context::after_func(ctx, [&o, ctx] {
          ++o.runs;
          EXPECT_TRUE(ctx.err());
        });
        wait_group stopping;
        for (int s = 0; s < stops; ++s)
          stopping.go([&o, stop, s] {
            offset::time::sleep(us(s));
            if (stop()) ++o.stops;
          });
        stopping.wait();
      });
    all.go([c = cancel, after = d.below(4)] {
      offset::time::sleep(us(after));
      c();
    });
    all.wait();
    settle();
    for (const one& o : of) EXPECT_EQ(o.runs + o.stops, 1);
  });
}

// Waits given up by a context on both sides of a channel.
TEST_F(ContextModel, NothingIsLostInASendThatIsCancelled) {
  explore([] {
    dice d;
    const auto c = make_chan<int>(d.below(3));
    auto [root, cancel_root] = context::with_cancel(context::background());
    wait_group all;
    std::vector<int> sent;
    std::vector<int> got;
    for (int s = 0; s < 3; ++s)
      all.go([&, s, root = root] {
        dice mine(static_cast<std::uint64_t>(s) + 1);
        for (int k = 0; k < 3; ++k) {
          const auto wait = us(mine.between(0, 3));
          const auto start = now();
          const auto [ctx, cancel] = context::with_timeout(root, wait);
          const op_status how = c.send(ctx, s * 10 + k);
          if (how == op_status::ok)
            sent.push_back(s * 10 + k);
          else
            EXPECT_TRUE(how == op_status::canceled && (root.err() || now() - start == wait));
        }
      });
    for (int r = 0; r < 2; ++r)
      all.go([&, r, root = root] {
        dice mine(static_cast<std::uint64_t>(r) + 100);
        for (int k = 0; k < 4; ++k) {
          const auto [ctx, cancel] = context::with_timeout(root, us(mine.between(0, 3)));
          int v = -1;
          const op_status how = c.recv(ctx, v);
          EXPECT_EQ(how == op_status::ok, v != -1);
          if (how == op_status::ok) got.push_back(v);
        }
      });
    all.go([c = cancel_root, after = d.below(8), gives_way = d.below(8)] {
      offset::time::sleep(us(after));
      for (int k = 0; k < gives_way; ++k) offset::yield();
      c();
    });
    all.wait();
    int v = 0;
    while (c.try_recv(v) == op_status::ok) got.push_back(v);
    std::sort(sent.begin(), sent.end());
    std::sort(got.begin(), got.end());
    EXPECT_EQ(sent, got);
  });
}

// A context that is done is a level: no wait goes through, whatever is ready.
TEST_F(ContextModel, NoWaitGoesThroughOnceItIsDone) {
  explore([] {
    dice d;
    auto [ctx, cancel] = context::with_cancel(context::background());
    const auto c = make_chan<int>(100);
    for (int i = 0; i < 50; ++i) c.send(i);
    offset::sync::mutex m;
    offset::sync::semaphore s(100);
    wait_group all;
    bool done = false;
    int after = 0;
    for (int i = 0; i < 3; ++i)
      all.go([&, i, ctx = ctx] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = 0; k < 6; ++k) {
          const bool was_done = done;
          op_status how = op_status::ok;
          int v = 0;
          switch (mine.below(5)) {
            case 0: how = c.send(ctx, 1); break;
            case 1: how = c.recv(ctx, v); break;
            case 2: how = s.acquire(ctx); break;
            case 3: how = offset::time::sleep(ctx, us(1)); break;
            default:
              how = m.lock(ctx);
              if (how == op_status::ok) m.unlock();
          }
          if (was_done) {
            ++after;
            EXPECT_EQ(how, op_status::canceled);
          }
        }
      });
    all.go([&, c = cancel, steps = d.below(8)] {
      for (int i = 0; i < steps; ++i) offset::yield();
      c();
      done = true;
    });
    all.wait();
    EXPECT_LE(after, 18);
  });
}

TEST_F(ContextModel, StopTokensGoBothWays) {
  explore([] {
    dice d;
    std::stop_source source;
    auto [ctx, cancel] = context::with_stop_token(context::background(), source.get_token());
    auto [below, cancel_below] = context::with_timeout(ctx, 3us);
    const std::stop_token token = below.stop_token();
    int called = 0;
    const std::stop_callback callback(token, [&] { ++called; });
    wait_group all;
    all.go([&, below = below] {
      below.done().recv();
      EXPECT_TRUE(below.err());
    });
    const int how = d.below(4);
    all.go([&, c = cancel, cb = cancel_below, after = d.below(5)] {
      offset::time::sleep(us(after));
      if (how == 0) source.request_stop();
      if (how == 1) c();
      if (how == 2) cb();
    });
    all.wait();
    settle();  // a goroutine of their own runs the callbacks of a deadline
    EXPECT_TRUE(token.stop_requested());
    EXPECT_EQ(called, 1);
    if (how == 0) {
      EXPECT_TRUE(ctx.err());
    }
    cancel();
  });
}

}  // namespace
