// Channels as a program uses them: making, sending, receiving, closing, asking.
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::make_chan;
using offset::op_status;
using offset::recv_chan;
using offset::send_chan;

namespace {

TEST(Chan, UnbufferedHandsOver) {
  offset::run([] {
    auto c = make_chan<int>();
    EXPECT_EQ(c.cap(), 0U);
    offset::go([=] {
      for (int i = 0; i < 100; ++i) c.send(i);
    });
    for (int i = 0; i < 100; ++i) EXPECT_EQ(c.recv(), i);
    EXPECT_EQ(c.len(), 0U);
  });
}

TEST(Chan, BufferedKeepsOrderAndCounts) {
  offset::run([] {
    auto c = make_chan<std::string>(3);
    EXPECT_EQ(c.cap(), 3U);
    EXPECT_EQ(c.len(), 0U);
    for (int lap = 0; lap < 5; ++lap) {
      c.send("a" + std::to_string(lap));
      c.send("b");
      EXPECT_EQ(c.len(), 2U);
      c.send("c");
      EXPECT_EQ(c.len(), 3U);
      EXPECT_EQ(c.try_send("d"), op_status::would_block);
      EXPECT_EQ(c.recv(), "a" + std::to_string(lap));
      EXPECT_EQ(c.recv(), "b");
      EXPECT_EQ(c.len(), 1U);
      EXPECT_EQ(c.recv(), "c");
    }
    std::string none = "untouched";
    EXPECT_EQ(c.try_recv(none), op_status::would_block);
    EXPECT_EQ(none, "untouched");
  });
}

TEST(Chan, UnbufferedTryNeedsAPartner) {
  offset::run([] {
    auto c = make_chan<int>();
    int out = 7;
    EXPECT_EQ(c.try_send(1), op_status::would_block);
    EXPECT_EQ(c.try_recv(out), op_status::would_block);  // no one-slot shortcut
    EXPECT_EQ(out, 7);
    auto result = make_chan<int>(1);
    offset::go([=] { result.send(*c.recv()); });
    ASSERT_TRUE(test::await_receivers(c, 1));
    EXPECT_EQ(c.try_send(2), op_status::ok);
    EXPECT_EQ(c.try_send(3), op_status::would_block);
    EXPECT_EQ(result.recv(), 2);

    offset::go([=] { c.send(4); });
    ASSERT_TRUE(test::await_senders(c, 1));
    EXPECT_EQ(c.try_recv(out), op_status::ok);
    EXPECT_EQ(out, 4);
    EXPECT_EQ(c.try_recv(out), op_status::would_block);
  });
}

TEST(Chan, ClosedGivesWhatIsLeftThenNothing) {
  offset::run([] {
    auto c = make_chan<int>(4);
    c.send(1);
    c.send(2);
    c.send(0);
    c.close();
    EXPECT_EQ(c.len(), 3U);
    EXPECT_EQ(c.recv(), 1);
    int out = 9;
    EXPECT_TRUE(c.recv(out));
    EXPECT_EQ(out, 2);
    EXPECT_EQ(c.try_recv(out), op_status::ok);
    EXPECT_EQ(out, 0);
    for (int i = 0; i < 3; ++i) {
      out = 9;
      EXPECT_EQ(c.recv(), std::nullopt);
      EXPECT_EQ(c.try_recv(out), op_status::closed);
      EXPECT_EQ(c.recv_for(out, 10s), op_status::closed);
      EXPECT_EQ(c.recv_until(out, std::chrono::system_clock::now() + 10s), op_status::closed);
      EXPECT_EQ(out, 9) << "written by a form that answers op_status";
      EXPECT_FALSE(c.recv(out));
      EXPECT_EQ(out, 0) << "Go gives the zero value";
    }
  });
}

TEST(Chan, RecvIntoClosedGivesDefault) {
  offset::run([] {
    auto c = make_chan<std::string>();
    c.close();
    std::string out = "old";
    EXPECT_FALSE(c.recv(out));
    EXPECT_EQ(out, "");

    auto d = make_chan<test::no_default>(1);
    d.send(test::no_default(3));
    d.close();
    test::no_default kept(5);
    EXPECT_TRUE(d.recv(kept));
    EXPECT_EQ(kept.value, 3);
    EXPECT_FALSE(d.recv(kept));
    EXPECT_EQ(kept.value, 3) << "no default: left alone";
    EXPECT_EQ(d.recv(), std::nullopt);

    auto u = make_chan<std::unique_ptr<int>>();
    u.close();
    auto p = std::make_unique<int>(1);
    EXPECT_FALSE(u.recv(p));
    EXPECT_EQ(p, nullptr);
  });
}

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    return e.what();
  }
  return "(no panic)";
}

TEST(Chan, SendOnClosedThrows) {
  offset::run([] {
    for (const int capacity : {0, 2}) {
      auto c = make_chan<int>(capacity);
      c.close();
      EXPECT_THROW(c.send(1), offset::closed_channel);
      EXPECT_EQ(panic_of([&] { c.send(1); }), "send on closed channel");
      EXPECT_EQ(c.try_send(1), op_status::closed);
      EXPECT_EQ(c.send_for(1, 10s), op_status::closed);
      EXPECT_EQ(c.send_until(1, std::chrono::steady_clock::now() + 10s), op_status::closed);
      EXPECT_EQ(c.recv(), std::nullopt);
    }
  });
}

TEST(Chan, PanicTypes) {
  static_assert(std::is_base_of_v<offset::panic_error, offset::closed_channel>);
  static_assert(std::is_base_of_v<std::logic_error, offset::panic_error>);
  // Without any runtime as well.
  EXPECT_EQ(panic_of([] { chan<int>().close(); }), "close of nil channel");
  EXPECT_EQ(panic_of([] { send_chan<void>().close(); }), "close of nil channel");
  auto c = make_chan<int>(1);
  c.close();
  EXPECT_EQ(panic_of([&] { c.close(); }), "close of closed channel");
}

TEST(Chan, MakechanOutOfRange) {
  const auto text = "makechan: size out of range";
  EXPECT_EQ(panic_of([] { make_chan<int>(-1); }), text);
  EXPECT_EQ(panic_of([] { make_chan<void>(-1); }), text);
  EXPECT_EQ(panic_of([] { make_chan<int>(std::numeric_limits<long long>::min()); }), text);
  EXPECT_EQ(panic_of([] { make_chan<int>(std::numeric_limits<std::uint64_t>::max()); }), text);
  EXPECT_EQ(panic_of([] { make_chan<int>(std::uint64_t{1} << 46); }), text);
  EXPECT_EQ(panic_of([] { make_chan<std::string>(std::uint64_t{1} << 60); }), text);
  EXPECT_EQ(panic_of([] { make_chan<test::counted>(std::uint64_t{1} << 59); }), text);
  // A size whose bytes wrap around to something small.
  EXPECT_EQ(panic_of([] { make_chan<std::uint64_t>((std::uint64_t{1} << 61) + 1); }), text);
}

TEST(Chan, CapacityOfAnyIntegralType) {
  EXPECT_EQ(make_chan<int>(short{3}).cap(), 3U);
  EXPECT_EQ(make_chan<int>(std::size_t{4}).cap(), 4U);
  EXPECT_EQ(make_chan<int>(5LL).cap(), 5U);
  EXPECT_EQ(make_chan<int>().cap(), 0U);
  // Not a power of two, and not rounded up to one.
  auto c = make_chan<int>(5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(c.try_send(i), op_status::ok);
  EXPECT_EQ(c.try_send(5), op_status::would_block);
}

TEST(Chan, NilNeverGetsReady) {
  offset::run([] {
    const chan<int> nil;
    EXPECT_FALSE(nil);
    EXPECT_EQ(nil.len(), 0U);
    EXPECT_EQ(nil.cap(), 0U);
    int out = 4;
    EXPECT_EQ(nil.try_send(1), op_status::would_block);
    EXPECT_EQ(nil.try_recv(out), op_status::would_block);
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(nil.send_for(1, 2ms), op_status::timeout);
    EXPECT_EQ(nil.recv_for(out, 2ms), op_status::timeout);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 4ms);
    EXPECT_EQ(nil.recv_for(out, -1s), op_status::timeout);
    EXPECT_EQ(out, 4);
    const chan<void> quiet;
    EXPECT_EQ(quiet.try_send(), op_status::would_block);
    EXPECT_EQ(quiet.recv_for(1ms), op_status::timeout);
  });
}

TEST(Chan, RangeForEndsWhenClosedAndDrained) {
  offset::run([] {
    auto c = make_chan<int>(2);
    offset::go([=] {
      for (int i = 0; i < 10; ++i) c.send(i);
      c.close();
    });
    std::vector<int> got;
    for (int v : c) got.push_back(v);
    EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    for (int v : c) ADD_FAILURE() << v << " from a drained channel";

    auto u = make_chan<std::unique_ptr<int>>(2);
    u.send(std::make_unique<int>(1));
    u.send(std::make_unique<int>(2));
    u.close();
    int sum = 0;
    for (auto& p : u) sum += *std::unique_ptr<int>(std::move(p));
    EXPECT_EQ(sum, 3);
  });
}

TEST(Chan, RangeForCanBreakAndGoOn) {
  offset::run([] {
    auto c = make_chan<int>(10);
    for (int i = 0; i < 5; ++i) c.send(i);
    c.close();
    for (int v : c)
      if (v == 1) break;
    EXPECT_EQ(c.len(), 3U) << "range-for takes a value only when it is asked for one";
    int next = 2;
    for (int v : recv_chan<int>(c)) EXPECT_EQ(v, next++);
    EXPECT_EQ(next, 5);
  });
}

TEST(Chan, Void) {
  offset::run([] {
    auto c = make_chan<void>(2);
    c.send();
    EXPECT_EQ(c.try_send(), op_status::ok);
    EXPECT_EQ(c.len(), 2U);
    EXPECT_EQ(c.cap(), 2U);
    EXPECT_EQ(c.try_send(), op_status::would_block);
    EXPECT_EQ(c.send_for(1ms), op_status::timeout);
    EXPECT_EQ(c.send_until(std::chrono::steady_clock::now()), op_status::timeout);
    EXPECT_TRUE(c.recv());
    EXPECT_EQ(c.try_recv(), op_status::ok);
    EXPECT_EQ(c.try_recv(), op_status::would_block);
    EXPECT_EQ(c.recv_for(1ms), op_status::timeout);
    EXPECT_EQ(c.recv_until(std::chrono::system_clock::now()), op_status::timeout);
    c.send();
    c.close();
    EXPECT_TRUE(c.recv());
    EXPECT_FALSE(c.recv());
    EXPECT_EQ(c.try_recv(), op_status::closed);
    EXPECT_EQ(c.recv_for(1s), op_status::closed);
    EXPECT_EQ(c.try_send(), op_status::closed);
    EXPECT_EQ(c.send_for(1s), op_status::closed);
    EXPECT_THROW(c.send(), offset::closed_channel);

    auto d = make_chan<void>();
    offset::go([=] {
      for (int i = 0; i < 3; ++i) d.send();
      d.close();
    });
    int n = 0;
    for ([[maybe_unused]] auto unit : d) ++n;
    EXPECT_EQ(n, 3);
  });
}

TEST(Chan, VoidOfAnyCapacityNeedsNoMemory) {
  auto c = make_chan<void>(std::uint64_t{1} << 62);
  EXPECT_EQ(c.cap(), std::size_t{1} << 62);
  EXPECT_EQ(c.try_send(), op_status::ok);
  EXPECT_EQ(c.len(), 1U);
}

TEST(Chan, HandleIsShared) {
  auto c = make_chan<int>(1);
  const auto same = c;
  EXPECT_EQ(c, same);
  EXPECT_NE(c, make_chan<int>(1));
  EXPECT_NE(c, chan<int>());
  EXPECT_EQ(chan<int>(), chan<int>());
  EXPECT_TRUE(c);
  EXPECT_EQ(c.try_send(1), op_status::ok);
  EXPECT_EQ(same.len(), 1U);

  auto moved = std::move(c);
  EXPECT_EQ(moved, same);
  EXPECT_FALSE(c);  // NOLINT(bugprone-use-after-move): a moved-from handle is nil
  c = moved;
  auto& self = c;
  c = self;
  EXPECT_EQ(c, same);

  std::unordered_set<chan<int>> set{c, same, moved, make_chan<int>(), chan<int>()};
  EXPECT_EQ(set.size(), 3U);
  EXPECT_TRUE(set.contains(same));
  EXPECT_EQ(std::hash<send_chan<int>>()(send_chan<int>(c)),
            std::hash<send_chan<int>>()(send_chan<int>(same)));
}

TEST(Chan, DirectionalHandles) {
  offset::run([] {
    auto c = make_chan<int>(2);
    const send_chan<int> in = c;
    const recv_chan<int> out = c;
    const auto produce = [](send_chan<int> to) {
      to.send(1);
      to.send(2);
      to.close();
    };
    produce(c);
    EXPECT_EQ(in.len(), 2U);
    EXPECT_EQ(out.cap(), 2U);
    EXPECT_EQ(out.recv(), 1);
    EXPECT_EQ(out.recv(), 2);
    EXPECT_EQ(out.recv(), std::nullopt);
    EXPECT_EQ(in, send_chan<int>(c));
    EXPECT_EQ(out, recv_chan<int>(c));
    EXPECT_FALSE(send_chan<int>(chan<int>()));
  });
}

// What Go's compiler refuses, ours must.
template <class C>
concept sends = requires(const C& c) {
  c.send(1);
};
template <class C>
concept try_sends = requires(const C& c) {
  c.try_send(1);
};
template <class C>
concept receives = requires(const C& c) {
  c.recv();
};
template <class C>
concept try_receives = requires(const C& c, int& out) {
  c.try_recv(out);
};
template <class C>
concept closes = requires(const C& c) {
  c.close();
};
template <class C>
concept ranges = requires(const C& c) {
  c.begin();
  c.end();
};
template <class C>
concept selects_send = requires(const C& c, int v) {
  c.if_send(v);
};
template <class C>
concept selects_recv = requires(const C& c) {
  c.if_recv();
};

static_assert(sends<chan<int>> && receives<chan<int>> && closes<chan<int>> && ranges<chan<int>>);
static_assert(selects_send<chan<int>> && selects_recv<chan<int>>);
static_assert(sends<send_chan<int>> && try_sends<send_chan<int>> && closes<send_chan<int>>);
static_assert(selects_send<send_chan<int>>);
static_assert(!receives<send_chan<int>> && !try_receives<send_chan<int>>);
static_assert(!ranges<send_chan<int>> && !selects_recv<send_chan<int>>);
static_assert(receives<recv_chan<int>> && try_receives<recv_chan<int>> && ranges<recv_chan<int>>);
static_assert(selects_recv<recv_chan<int>>);
static_assert(!sends<recv_chan<int>> && !try_sends<recv_chan<int>> && !closes<recv_chan<int>>);
static_assert(!selects_send<recv_chan<int>>);
static_assert(!std::is_convertible_v<send_chan<int>, chan<int>>);
static_assert(!std::is_convertible_v<recv_chan<int>, chan<int>>);
static_assert(!std::is_convertible_v<send_chan<int>, recv_chan<int>>);
static_assert(!std::is_convertible_v<recv_chan<int>, send_chan<int>>);
static_assert(!std::is_convertible_v<chan<int>, chan<long>>);
static_assert(!std::is_convertible_v<chan<int>, send_chan<long>>);
static_assert(std::is_convertible_v<chan<int>, send_chan<int>>);
static_assert(std::is_convertible_v<chan<void>, recv_chan<void>>);
static_assert(!std::is_convertible_v<chan<int>, bool>);  // explicit only
static_assert(std::is_nothrow_copy_constructible_v<chan<std::string>>);
static_assert(std::is_nothrow_default_constructible_v<chan<std::string>>);

template <class T>
concept try_sendable_as_int = requires(const chan<int>& c, T v) {
  c.try_send(v);
};
static_assert(!try_sendable_as_int<std::string>);

TEST(Chan, ValueOfAnotherTypeConverts) {
  offset::run([] {
    auto c = make_chan<std::string>(3);
    c.send("literal");
    EXPECT_EQ(c.try_send("again"), op_status::ok);
    EXPECT_EQ(c.send_for("third", 1s), op_status::ok);
    EXPECT_EQ(c.recv(), "literal");
    EXPECT_EQ(c.recv(), "again");
    EXPECT_EQ(c.recv(), "third");
  });
}

// Incomplete where its member is declared.
struct letter {
  int number = 0;
  chan<letter> answer_to;
};

TEST(Chan, OfAStructThatHoldsOne) {
  offset::run([] {
    auto post = make_chan<letter>();
    offset::go([=] {
      for (const letter& l : post) l.answer_to.send({l.number + 1, {}});
    });
    const letter mine{1, make_chan<letter>()};
    post.send(mine);
    EXPECT_EQ(mine.answer_to.recv().value().number, 2);
    post.close();
  });
}

TEST(Chan, OfChannels) {
  offset::run([] {
    auto requests = make_chan<chan<int>>();
    offset::go([=] {
      for (auto reply : requests) reply.send(42);
    });
    auto mine = make_chan<int>();
    requests.send(mine);
    EXPECT_EQ(mine.recv(), 42);
    requests.close();
  });
}

}  // namespace
