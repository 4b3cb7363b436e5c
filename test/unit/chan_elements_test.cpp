// What channels do with their elements: each value lives once and dies once, is moved only when it
// was sent, and its own code may use the channel.
#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::op_status;
using test::counted;
using test::ledger;
using test::loud;

namespace {

TEST(ChanElements, ValuesLeftInADroppedChannelAreDestroyedOnce) {
  for (const int capacity : {1, 3, 8}) {
    ledger l;
    auto token = std::make_shared<int>(1);
    {
      auto c = make_chan<counted>(capacity);
      auto q = make_chan<std::shared_ptr<int>>(capacity);
      // Wrap around once, so that the values left do not begin at the start of the ring.
      for (int i = 0; i < capacity; ++i) c.send(counted(&l, i)), q.send(token);
      counted out;
      EXPECT_TRUE(c.recv(out));
      EXPECT_TRUE(q.recv().has_value());
      c.send(counted(&l, 100));
      q.send(token);
      EXPECT_EQ(l.values.load(), capacity + 1);
      EXPECT_EQ(token.use_count(), capacity + 1);
      auto other = c;
      c = {};
      EXPECT_EQ(l.values.load(), capacity + 1) << "another handle is alive";
    }
    EXPECT_EQ(l.alive.load(), 0);
    EXPECT_EQ(l.values.load(), 0);
    EXPECT_EQ(l.errors.load(), 0);
    EXPECT_EQ(l.copies.load(), 0);
    EXPECT_EQ(token.use_count(), 1);
  }
}

TEST(ChanElements, SlotIsClearedWhenReceived) {
  auto c = make_chan<std::shared_ptr<int>>(4);
  std::weak_ptr<int> watch;
  {
    auto p = std::make_shared<int>(1);
    watch = p;
    c.send(std::move(p));
  }
  EXPECT_FALSE(watch.expired());
  EXPECT_TRUE(c.recv().has_value());
  EXPECT_TRUE(watch.expired()) << "the channel keeps what was received";
}

TEST(ChanElements, EveryPathDestroysOnce) {
  for (const int capacity : {0, 1, 4}) {
    ledger l;
    offset::run([&] {
      auto c = make_chan<counted>(capacity);
      auto done = make_chan<void>();
      constexpr int each = 200;
      for (int s = 0; s < 3; ++s)
        offset::go([=, &l] {
          for (int i = 0; i < each; ++i) {
            counted v(&l, i);
            switch (i % 4) {
              case 0: c.send(std::move(v)); break;
              case 1: c.send(v); break;
              case 2:
                while (c.send_for(std::move(v), 1ms) != op_status::ok) {
                }
                break;
              case 3: offset::select(c.if_send(std::move(v))); break;
              default: break;
            }
          }
          done.send();
        });
      for (int r = 0; r < 2; ++r)
        offset::go([=] {
          for (int i = 0;; ++i) {
            counted out;
            switch (i % 5) {
              case 0:
                if (!c.recv()) return done.send();
                break;
              case 1:
                if (!c.recv(out)) return done.send();
                EXPECT_FALSE(out.moved_from());
                break;
              case 2: static_cast<void>(c.recv_for(out, 1ms)); break;
              case 3: offset::select(c.if_recv()); break;  // drops it
              case 4: offset::select(c.if_recv(out), offset::otherwise); break;
              default: break;
            }
          }
        });
      for (int s = 0; s < 3; ++s) done.recv();
      c.close();
      for (int r = 0; r < 2; ++r) done.recv();
    });
    EXPECT_EQ(l.alive.load(), 0) << "capacity " << capacity;
    EXPECT_EQ(l.values.load(), 0);
    EXPECT_EQ(l.errors.load(), 0);
  }
}

TEST(ChanElements, UntouchedUnlessOk) {
  offset::run([] {
    auto c = make_chan<std::unique_ptr<int>>();
    auto p = std::make_unique<int>(5);
    EXPECT_EQ(c.try_send(std::move(p)), op_status::would_block);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(c.send_for(std::move(p), 1ms), op_status::timeout);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(c.send_until(std::move(p), std::chrono::steady_clock::now() - 1s),
              op_status::timeout);
    ASSERT_NE(p, nullptr);
    offset::go([=] {
      EXPECT_TRUE(test::await_senders(c, 1));
      c.close();
    });
    EXPECT_EQ(c.send_for(std::move(p), test::limit), op_status::closed);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(c.try_send(std::move(p)), op_status::closed);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(*p, 5);

    ledger l;
    auto d = make_chan<counted>(1);
    counted v(&l, 1);
    EXPECT_EQ(d.try_send(std::move(v)), op_status::ok);
    EXPECT_TRUE(v.moved_from());
    counted w(&l, 2);
    EXPECT_EQ(d.try_send(std::move(w)), op_status::would_block);
    EXPECT_FALSE(w.moved_from());
  });
}

TEST(ChanElements, LvalueIsCopied) {
  offset::run([] {
    ledger l;
    auto c = make_chan<counted>(4);
    counted v(&l, 3);
    c.send(v);
    EXPECT_EQ(c.try_send(v), op_status::ok);
    EXPECT_EQ(c.send_for(v, 1s), op_status::ok);
    EXPECT_EQ(offset::select(c.if_send(v)), 0U);
    EXPECT_FALSE(v.moved_from());
    EXPECT_EQ(l.copies.load(), 4);
    const counted fixed(&l, 4);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(c.recv()->value(), 3);
    c.send(fixed);
    EXPECT_EQ(c.recv()->value(), 4);
  });
}

TEST(ChanElements, ThrowingCopyLeavesTheChannelAsItWas) {
  offset::run([] {
    for (const int capacity : {0, 2}) {
      ledger l;
      auto c = make_chan<counted>(capacity);
      counted v(&l, 1);
      l.copies_left = 0;
      EXPECT_THROW(c.send(v), std::runtime_error);
      if (capacity > 0) {
        EXPECT_THROW(static_cast<void>(c.try_send(v)), std::runtime_error);
      }
      EXPECT_THROW(static_cast<void>(c.send_for(v, 1ms)), std::runtime_error);
      EXPECT_EQ(c.len(), 0U);
      // Room in the buffer, or a receiver that waits: chosen, then the copy throws.
      auto got = make_chan<int>(1);
      if (capacity == 0) {
        offset::go([=] {
          const int received = c.recv()->value();
          got.send(received);  // after the value is gone, which belongs to the ledger
        });
        EXPECT_TRUE(test::await_receivers(c, 1));
      }
      EXPECT_THROW(offset::select(c.if_send(v)), std::runtime_error);
      EXPECT_THROW(offset::select(c.if_send(v), offset::otherwise), std::runtime_error);
      EXPECT_EQ(c.len(), 0U);
      counted out;
      EXPECT_EQ(c.try_recv(out), op_status::would_block);
      l.copies_left = -1;
      EXPECT_EQ(offset::select(c.if_send(v), offset::otherwise), 0U);
      EXPECT_EQ(capacity == 0 ? got.recv() : c.recv()->value(), 1);
      EXPECT_EQ(l.errors.load(), 0);
    }
  });
}

TEST(ChanElements, ThrowingCopyOfAWaitingSelectQueuesNothing) {
  offset::run([] {
    ledger l;
    auto a = make_chan<counted>();
    auto b = make_chan<int>();
    counted v(&l, 1);
    l.copies_left = 0;
    EXPECT_THROW(offset::select(a.if_send(v), b.if_recv()), std::runtime_error);
    EXPECT_EQ(test::senders_of(a), 0U);
    EXPECT_EQ(test::receivers_of(b), 0U);
  });
}

TEST(ChanElements, QuietTypes) {
  offset::run([] {
    auto strings = make_chan<std::string>(2);
    const std::string text(100, 'x');
    strings.send(text);
    EXPECT_EQ(text.size(), 100U);
    EXPECT_EQ(strings.recv(), text);

    using pair = std::pair<std::string, std::unique_ptr<int>>;
    auto pairs = make_chan<pair>();
    offset::go([=] { pairs.send(pair("a", std::make_unique<int>(1))); });
    auto got = pairs.recv();
    EXPECT_EQ(got->first, "a");
    EXPECT_EQ(*got->second, 1);

    auto vectors = make_chan<std::vector<std::string>>(1);
    vectors.send({"a", "b"});
    EXPECT_EQ(vectors.recv()->size(), 2U);

    auto optionals = make_chan<std::optional<std::unique_ptr<int>>>(2);
    optionals.send(std::nullopt);
    optionals.send(std::make_unique<int>(3));
    EXPECT_FALSE(optionals.recv()->has_value());
    EXPECT_EQ(**optionals.recv().value(), 3);

    auto errors = make_chan<std::exception_ptr>(1);
    errors.send(std::make_exception_ptr(1));
    EXPECT_THROW(std::rethrow_exception(*errors.recv()), int);
  });
}

struct alignas(128) wide {
  std::array<char, 300> bytes{};
  int tag = 0;
};

TEST(ChanElements, OveralignedAndLarge) {
  offset::run([] {
    for (const int capacity : {0, 3}) {
      auto c = make_chan<wide>(capacity);
      offset::go([=] {
        for (int i = 0; i < 10; ++i) {
          wide w;
          w.tag = i;
          w.bytes.fill(static_cast<char>(i));
          c.send(w);
        }
        c.close();
      });
      int n = 0;
      for (const wide& w : c) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&w) % 128, 0U);
        EXPECT_EQ(w.tag, n);
        EXPECT_EQ(w.bytes[299], static_cast<char>(n));
        ++n;
      }
      EXPECT_EQ(n, 10);
    }
  });
}

// Moves of a loud element run with the channel unlocked: they may use it.
TEST(ChanElements, LoudMovesMayUseTheChannel) {
  offset::run([] {
    auto c = make_chan<loud>(4);
    std::atomic<int> lens{0};
    std::atomic<int> sent{0};
    loud::hook on_move = [&, c](int v) {
      lens += static_cast<int>(c.len());
      loud extra(v + 100, nullptr);
      if (v < 100 && sent.load() == 0) {
        sent = 1;
        EXPECT_EQ(c.try_send(std::move(extra)), op_status::ok);
      }
    };
    EXPECT_EQ(c.try_send(loud(1, &on_move)), op_status::ok);
    EXPECT_EQ(sent.load(), 1);
    EXPECT_EQ(c.len(), 2U);
    std::vector<int> got;
    loud out;
    while (c.try_recv(out) == op_status::ok) got.push_back(out.value());
    // The one that took its place first is first, whichever was filled first.
    EXPECT_EQ(got, (std::vector<int>{1, 101}));
  });
}

TEST(ChanElements, LoudMovesMayCloseTheChannel) {
  offset::run([] {
    auto c = make_chan<loud>(2);
    bool closed = false;
    loud::hook on_move = [&, c](int) {
      if (!std::exchange(closed, true)) c.close();
    };
    // It was in time: it took its place before the close.
    EXPECT_EQ(c.try_send(loud(1, &on_move)), op_status::ok);
    EXPECT_THROW(c.send(loud(2, nullptr)), offset::closed_channel);
    EXPECT_EQ(c.recv()->value(), 1);
    EXPECT_FALSE(c.recv().has_value());
  });
}

TEST(ChanElements, LoudValueUnderWayKeepsReceiversFifo) {
  // R1 and R2 wait. The first sender is in the middle of filling its slot when a second value
  // arrives behind it; R1 then gets the first value, and while that is moved the second belongs to
  // R2: a receive that comes now must not take it.
  offset::run([] {
    auto c = make_chan<loud>(2);
    auto results = make_chan<std::pair<int, int>>(2);
    for (int r = 1; r <= 2; ++r) {
      offset::go([=] { results.send({r, c.recv()->value()}); });
      ASSERT_TRUE(test::await_receivers(c, static_cast<std::size_t>(r)));
    }
    int moves = 0;
    op_status barged = op_status::canceled;
    loud::hook on_move = [&, c](int) {
      if (++moves == 1) {
        EXPECT_EQ(c.try_send(loud(2, nullptr)), op_status::ok);
      } else if (barged == op_status::canceled && test::receivers_of(c) == 1) {
        loud out;
        barged = c.try_recv(out);
      }
    };
    EXPECT_EQ(c.try_send(loud(1, &on_move)), op_status::ok);
    // Whoever lost its value gets another, so that the test ends either way.
    if (barged == op_status::ok) c.send(loud(3, nullptr));
    auto first = *results.recv();
    auto second = *results.recv();
    if (first.first == 2) std::swap(first, second);
    EXPECT_EQ(first.second, 1);
    EXPECT_EQ(second.second, 2) << "overtaken by a receive that came later";
    EXPECT_NE(barged, op_status::ok);
  });
}

TEST(ChanElements, LoudUnderLoad) {
  ledger l;
  offset::run([&] {
    auto c = make_chan<counted>(3);
    constexpr int senders = 4;
    constexpr int each = 500;
    offset::sync::wait_group done;
    for (int s = 0; s < senders; ++s)
      done.go([=, &l] {
        for (int i = 0; i < each; ++i) c.send(counted(&l, s * each + i));
      });
    offset::go([&done, c] {
      done.wait();
      c.close();
    });
    std::vector<int> last(senders, -1);
    int n = 0;
    for (const counted& v : c) {
      ++n;
      const auto s = static_cast<std::size_t>(v.value() / each);
      EXPECT_GT(v.value() % each, last[s]);
      last[s] = v.value() % each;
    }
    EXPECT_EQ(n, senders * each);
  });
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

}  // namespace
