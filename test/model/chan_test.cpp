// Channels: nothing lost, nothing twice, in order, as a bounded queue would have it.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history.h"
#include "model.h"

using namespace std::chrono_literals;
using model::dice;
using model::settle;
using offset::chan;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::select;
using offset::sync::wait_group;

namespace {

using ChanModel = model::test;

// --- each form of an operation, until it has been performed

void send_somehow(const chan<int>& c, int v, dice& d) {
  switch (d.below(5)) {
    case 0: c.send(v); return;
    case 1:
      if (c.try_send(v) != op_status::ok) c.send(v);  // two that only try may never meet
      return;
    case 2:
      while (c.send_for(v, 1us) != op_status::ok) {
      }
      return;
    case 3:
      for (;;) {
        const auto [ctx, cancel] = model::for_a_while(d, 2);
        if (c.send(ctx, v) == op_status::ok) return;
      }
    default: select(c.if_send(v));
  }
}

// Nothing when the channel is closed and drained.
std::optional<int> receive_somehow(const chan<int>& c, dice& d) {
  int v = 0;
  op_status got = op_status::ok;
  switch (d.below(6)) {
    case 0: return c.recv();
    case 1:
      if ((got = c.try_recv(v)) == op_status::would_block) return c.recv();
      break;
    case 2:
      while ((got = c.recv_for(v, 1us)) == op_status::timeout) {
      }
      break;
    case 3:
      do {
        const auto [ctx, cancel] = model::for_a_while(d, 2);
        got = c.recv(ctx, v);
      } while (got == op_status::canceled);
      break;
    case 4: {
      bool ok = false;
      select(c.if_recv(v, ok));
      if (!ok) got = op_status::closed;
      break;
    }
    default:
      for (const int first : c) return first;
      return std::nullopt;
  }
  return got == op_status::ok ? std::optional<int>(v) : std::nullopt;
}

TEST_F(ChanModel, EveryValueOnceAndEachSendersInOrder) {
  explore([] {
    dice d;
    const int senders = d.between(1, 4);
    const int receivers = d.between(1, 3);
    const int each = d.between(1, 5);
    const auto c = make_chan<int>(d.below(4));
    wait_group sending;
    wait_group receiving;
    std::vector<std::vector<int>> got(static_cast<std::size_t>(receivers));
    for (int s = 0; s < senders; ++s)
      sending.go([&, s] {
        dice mine(static_cast<std::uint64_t>(s) + 1);
        for (int k = 0; k < each; ++k) send_somehow(c, s * 100 + k, mine);
      });
    for (int r = 0; r < receivers; ++r)
      receiving.go([&, r] {
        dice mine(static_cast<std::uint64_t>(r) + 100);
        while (const auto v = receive_somehow(c, mine))
          got[static_cast<std::size_t>(r)].push_back(*v);
      });
    sending.wait();
    c.close();
    receiving.wait();
    std::vector<int> all;
    for (const std::vector<int>& one : got) {
      std::vector<int> last(static_cast<std::size_t>(senders), -1);
      for (const int v : one) {
        EXPECT_GT(v % 100, last[static_cast<std::size_t>(v / 100)]) << "overtaken";
        last[static_cast<std::size_t>(v / 100)] = v % 100;
      }
      all.insert(all.end(), one.begin(), one.end());
    }
    std::sort(all.begin(), all.end());
    std::vector<int> sent;
    for (int s = 0; s < senders; ++s)
      for (int k = 0; k < each; ++k) sent.push_back(s * 100 + k);
    EXPECT_EQ(all, sent);
    EXPECT_EQ(c.len(), 0U);
  });
}

TEST_F(ChanModel, IsABoundedQueue) {
  explore([] {
    dice d;
    const int capacity = d.between(1, 3);
    const int actors = d.between(2, 4);
    const int each = 12 / actors;
    const bool closes = d.one_in(2);
    const auto c = make_chan<int>(capacity);
    model::history h;
    wait_group all;
    int last = 0;
    for (int a = 0; a < actors; ++a)
      all.go([&, a] {
        dice mine(static_cast<std::uint64_t>(a) + 1);
        for (int k = 0; k < each; ++k) {
          const int what = mine.below(closes ? 9 : 8);
          const auto wait = std::chrono::microseconds(mine.between(1, 3));
          if (what < 2)
            h.record(model::operation::send, ++last,
                     [&](auto& o) { o.status = c.try_send(o.value); });
          else if (what < 4)
            h.record(model::operation::send, ++last,
                     [&](auto& o) { o.status = c.send_for(o.value, wait); });
          else if (what < 6)
            h.record(model::operation::recv, 0, [&](auto& o) { o.status = c.try_recv(o.value); });
          else if (what < 8)
            h.record(model::operation::recv, 0,
                     [&](auto& o) { o.status = c.recv_for(o.value, wait); });
          else
            h.record(model::operation::close, 0, [&](auto& o) {
              try {
                c.close();
              } catch (const offset::panic_error& e) {
                EXPECT_STREQ(e.what(), "close of closed channel");
                o.status = op_status::closed;
              }
            });
          EXPECT_LE(c.len(), static_cast<std::size_t>(capacity));
        }
      });
    all.wait();
    EXPECT_TRUE(h.is_linearizable(capacity)) << "capacity " << capacity << '\n' << h.text();
  });
}

TEST_F(ChanModel, WithoutABufferBothMeet) {
  explore([] {
    dice d;
    const int actors = d.between(2, 4);
    const auto c = make_chan<int>();
    model::history h;
    wait_group all;
    int last = 0;
    for (int a = 0; a < actors; ++a)
      all.go([&, a] {
        dice mine(static_cast<std::uint64_t>(a) + 1);
        for (int k = 0; k < 4; ++k) {
          const auto wait = std::chrono::microseconds(mine.between(1, 3));
          const bool tries = mine.one_in(3);
          if (mine.one_in(2))
            h.record(model::operation::send, ++last, [&](auto& o) {
              o.status = tries ? c.try_send(o.value) : c.send_for(o.value, wait);
            });
          else
            h.record(model::operation::recv, 0, [&](auto& o) {
              o.status = tries ? c.try_recv(o.value) : c.recv_for(o.value, wait);
            });
          EXPECT_EQ(c.len(), 0U);
        }
      });
    all.wait();
    std::vector<const model::operation*> sent(static_cast<std::size_t>(last) + 1, nullptr);
    std::vector<const model::operation*> received(sent.size(), nullptr);
    for (const model::operation& o : h.all()) {
      if (o.status != op_status::ok) continue;
      auto& at =
          (o.what == model::operation::send ? sent : received)[static_cast<std::size_t>(o.value)];
      EXPECT_EQ(at, nullptr) << "twice: " << o.value;
      at = &o;
    }
    for (std::size_t v = 1; v < sent.size(); ++v) {
      EXPECT_EQ(sent[v] == nullptr, received[v] == nullptr) << v << '\n' << h.text();
      if (sent[v] == nullptr || received[v] == nullptr) continue;
      EXPECT_LT(sent[v]->began, received[v]->ended);
      EXPECT_LT(received[v]->began, sent[v]->ended) << "a send that nobody had come for";
    }
  });
}

// --- with a director

TEST_F(ChanModel, ReceiversAreServedInTheOrderTheyCame) {
  explore([] {
    dice d;
    const int n = d.between(2, 5);
    const auto c = make_chan<int>(d.below(3));
    wait_group all;
    std::vector<int> got(static_cast<std::size_t>(n), -1);
    for (int r = 0; r < n; ++r) {
      all.go([&, r, how = d.below(3)] {
        int& v = got[static_cast<std::size_t>(r)];
        if (how == 0)
          v = c.recv().value_or(-2);
        else if (how == 1)
          select(c.if_recv(v));
        else
          c.recv_for(v, 1h);
      });
      settle();
    }
    for (int v = 0; v < n; ++v) c.send(v);
    all.wait();
    for (int r = 0; r < n; ++r) EXPECT_EQ(got[static_cast<std::size_t>(r)], r);
  });
}

// A slot that becomes free belongs to the sender that has waited longest, not to one that comes by.
TEST_F(ChanModel, WaitingSendersAreNotOvertaken) {
  explore([] {
    dice d;
    const int n = d.between(1, 4);
    const int capacity = d.below(4);
    const auto c = make_chan<int>(capacity);
    wait_group all;
    for (int v = 0; v < capacity; ++v) c.send(v);
    for (int s = 0; s < n; ++s) {
      all.go([&, v = capacity + s, how = d.below(3)] {
        if (how == 0)
          c.send(v);
        else if (how == 1)
          select(c.if_send(v));
        else
          c.send_for(v, 1h);
      });
      settle();
    }
    int passed = 0;
    for (int b = 0; b < 2; ++b)
      all.go([&, b] {
        for (int k = 0; k < 4; ++k) {
          if (c.try_send(100 + b) == op_status::ok) ++passed;
          offset::yield();
        }
      });
    int expected = 0;
    int more = 0;
    while (expected < capacity + n || more < passed) {
      const int v = c.recv().value_or(-1);
      if (expected < capacity + n) {
        EXPECT_EQ(v, expected) << "overtaken";
        ++expected;
      } else {
        ++more;
      }
    }
    // Those that try may have gone on meanwhile.
    all.wait();
    while (more < passed) {
      c.recv();
      ++more;
    }
    EXPECT_EQ(c.len(), 0U);
  });
}

// So many values, so many receives: who waits in the end, and what becomes of them by a close.
TEST_F(ChanModel, CloseWakesAllAndLosesNothing) {
  explore([] {
    dice d;
    const int sends = d.below(7);
    const int receives = d.below(7);
    const int capacity = d.below(4);
    const auto c = make_chan<int>(capacity);
    wait_group all;
    int sent = 0;
    int refused = 0;
    std::vector<int> got;
    int nothing = 0;
    std::vector<int> order;
    for (int i = 0; i < sends; ++i) order.push_back(i);
    for (int i = 0; i < receives; ++i) order.push_back(-1);
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(d.below(static_cast<int>(i)))]);
    for (const int v : order) {
      const int how = d.below(4);
      if (v >= 0)
        all.go([&, v, how] {
          op_status s = op_status::ok;
          try {
            switch (how) {
              case 0: c.send(v); break;
              case 1: select(c.if_send(v)); break;
              case 2: s = c.send_for(v, 1h); break;
              default: s = c.send(context::background(), v);
            }
          } catch (const offset::closed_channel&) {
            s = op_status::closed;
          }
          EXPECT_TRUE(s == op_status::ok || s == op_status::closed);
          ++(s == op_status::ok ? sent : refused);
        });
      else
        all.go([&, how] {
          int x = -1;
          bool ok = false;
          switch (how) {
            case 0: ok = c.recv(x); break;
            case 1: select(c.if_recv(x, ok)); break;
            case 2: ok = c.recv_for(x, 1h) == op_status::ok; break;
            default: ok = c.recv(context::background(), x) == op_status::ok;
          }
          if (ok)
            got.push_back(x);
          else
            ++nothing;
        });
    }
    settle();
    const int met = std::min(sends, receives);
    const int buffered = std::min(capacity, sends - met);
    EXPECT_EQ(got.size(), static_cast<std::size_t>(met));
    EXPECT_EQ(sent, met + buffered);
    EXPECT_EQ(c.len(), static_cast<std::size_t>(buffered));
    EXPECT_EQ(refused + nothing, 0);
    // Those that wait are there for a try.
    if (d.one_in(2) && receives > met) {
      EXPECT_EQ(c.try_send(99), op_status::ok);
      got.erase(std::remove(got.begin(), got.end(), 99), got.end());
      settle();
      EXPECT_EQ(got.back(), 99);
      got.pop_back();
      c.close();
      settle();
      EXPECT_EQ(nothing, receives - met - 1);
    } else {
      // Two close it: one does, the other panics.
      int closed = 0;
      int panicked = 0;
      for (int i = 0; i < 2; ++i)
        all.go([&] {
          try {
            c.close();
            ++closed;
          } catch (const offset::panic_error&) {
            ++panicked;
          }
        });
      settle();
      EXPECT_EQ(closed, 1);
      EXPECT_EQ(panicked, 1);
      EXPECT_EQ(nothing, receives - met);
      EXPECT_EQ(refused, sends - met - buffered);
    }
    all.wait();
    for (int i = 0; i < buffered; ++i) got.push_back(c.recv().value_or(-1));
    EXPECT_FALSE(c.recv());
    EXPECT_EQ(got.size(), static_cast<std::size_t>(sent));
    std::sort(got.begin(), got.end());
    EXPECT_EQ(std::unique(got.begin(), got.end()), got.end());
  });
}

// --- values that exist once

struct counted {
  explicit counted(int& n) : alive(&n) { ++n; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive; }
  int* alive;
};

TEST_F(ChanModel, AValueIsMovedOnlyWhenItIsSent) {
  explore([] {
    dice d;
    int alive = 0;
    {
      const auto c = make_chan<std::unique_ptr<counted>>(d.below(3));
      wait_group all;
      int sent = 0;
      int got = 0;
      const int senders = d.between(1, 3);
      const auto both = context::with_cancel(context::background());
      const context& ctx = both.ctx;
      const offset::cancel_func& cancel = both.cancel;
      for (int s = 0; s < senders; ++s)
        all.go([&, s] {
          dice mine(static_cast<std::uint64_t>(s) + 1);
          for (int k = 0; k < 3; ++k) {
            auto v = std::make_unique<counted>(alive);
            op_status how = op_status::ok;
            switch (mine.below(4)) {
              case 0: how = c.try_send(std::move(v)); break;
              case 1:
                how = c.send_for(std::move(v), std::chrono::microseconds(mine.below(4)));
                break;
              case 2: how = c.send(ctx, std::move(v)); break;
              default:
                if (select(c.if_send(std::move(v)), offset::timeout(2us)) == 1)
                  how = op_status::timeout;
            }
            EXPECT_EQ(how == op_status::ok, v == nullptr);
            if (how == op_status::ok) ++sent;
          }
        });
      for (int r = 0; r < 2; ++r)
        all.go([&, r] {
          dice mine(static_cast<std::uint64_t>(r) + 100);
          for (int k = 0; k < 3; ++k) {
            std::unique_ptr<counted> v;
            op_status how = op_status::ok;
            switch (mine.below(3)) {
              case 0: how = c.try_recv(v); break;
              case 1: how = c.recv_for(v, std::chrono::microseconds(mine.below(4))); break;
              default: how = c.recv(ctx, v);
            }
            EXPECT_EQ(how == op_status::ok, v != nullptr);
            if (v != nullptr) ++got;
          }
        });
      all.go([&, after = d.below(4), gives_way = d.below(8)] {
        if (d.one_in(2)) offset::time::sleep(std::chrono::microseconds(after));
        for (int i = 0; i < gives_way; ++i) offset::yield();
        cancel();
      });
      all.wait();
      EXPECT_EQ(static_cast<std::size_t>(sent - got), c.len());
      EXPECT_EQ(static_cast<std::size_t>(alive), c.len());
    }
    EXPECT_EQ(alive, 0) << "what was left in the buffer";
  });
}

// The k-th receive is before the (k+C)-th send: a channel is a semaphore.
TEST_F(ChanModel, CountsAsASemaphoreDoes) {
  explore([] {
    dice d;
    const int capacity = d.between(1, 3);
    const auto places = make_chan<void>(capacity);
    wait_group all;
    int inside = 0;
    int most = 0;
    for (int i = 0; i < 5; ++i)
      all.go([&] {
        for (int k = 0; k < 2; ++k) {
          places.send();
          most = std::max(most, ++inside);
          EXPECT_LE(inside, capacity);
          offset::yield();
          --inside;
          places.recv();
        }
      });
    all.wait();
    EXPECT_EQ(inside, 0);
    EXPECT_GE(most, 1);
  });
}

// Hand over hand: a stage ends when the one before it does, and nothing is out of order.
TEST_F(ChanModel, APipelineKeepsTheOrder) {
  explore([] {
    dice d;
    const int stages = d.between(1, 4);
    const auto source = make_chan<int>(d.below(3));
    chan<int> c = source;
    for (int s = 0; s < stages; ++s) {
      const auto next = make_chan<int>(d.below(3));
      offset::go([=] {
        for (const int v : c) next.send(v + 1);
        next.close();
      });
      c = next;
    }
    offset::go([=] {
      for (int i = 0; i < 6; ++i) source.send(i);
      source.close();
    });
    int expected = stages;
    for (const int v : c) EXPECT_EQ(v, expected++);
    EXPECT_EQ(expected, stages + 6);
  });
}

}  // namespace
