// Go: test/fixedbugs, the issues that are about what select and receive evaluate and assign.
#include <any>
#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

chan<bool> make_after(int& x) {
  x = 42;
  return make_chan<bool>();
}

// issue4313: the value to send is what it was when its case was reached, in source order. Braces
// give that order in C++; and an rvalue gives the value, where an lvalue means the variable.
TEST(Issue4313, SendOperandBeforeLaterCases) {
  offset::run([] {
    auto c = make_chan<int>(1);
    int x = 0;
    EXPECT_EQ(select({c.if_send(int(x)), make_after(x).if_recv()}), 0U);
    EXPECT_EQ(c.recv(), 0);
    EXPECT_EQ(x, 42);
  });
}

// issue8336: the operand of the first case fails before that of the second is evaluated.
TEST(Issue8336, FirstOperandFailsFirst) {
  offset::run([] {
    struct holder {
      chan<int> c;
    };
    const auto c_of = [](const holder* x) -> const chan<int>& {
      if (x == nullptr) throw std::runtime_error("nil pointer");
      return x->c;
    };
    bool called = false;
    const auto foo = [&] {
      called = true;
      return make_chan<int>();
    };
    EXPECT_THROW(select({c_of(nullptr).if_recv(), foo().if_recv()}), std::runtime_error);
    EXPECT_FALSE(called) << "foo must not be called";
  });
}

// issue8347: ok is right before and after the close, with a default beside it that leaves it alone.
TEST(Issue8347, OkBesideADefault) {
  offset::run([] {
    auto c = make_chan<bool>(1);
    bool value = true;
    bool ok = true;
    for (int i = 0; i < 12; ++i) {
      const std::size_t at = select(c.if_recv(value, ok), otherwise);
      if (i <= 10) {
        EXPECT_EQ(at, 1U) << i;
        EXPECT_TRUE(ok) << i;
      } else {
        EXPECT_EQ(at, 0U);
        EXPECT_FALSE(ok);
      }
      if (i >= 10 && ok) c.close();
    }
    EXPECT_FALSE(ok);
  });
}

// issue16870: every spelling of a receive that says whether there was a value.
TEST(Issue16870, EverySpellingOfOk) {
  offset::run([] {
    auto c = make_chan<int>(1);
    auto c2 = make_chan<int>();
    int i = 0;
    bool ok = false;
    std::optional<int> o;
    const auto again = [&] {
      c.send(42);
      i = 0;
      ok = false;
      o.reset();
    };
    again();
    ok = c.recv(i);
    EXPECT_EQ(i, 42);
    EXPECT_TRUE(ok);
    again();
    EXPECT_TRUE(c.recv().has_value());
    again();
    EXPECT_EQ(c.try_recv(i), offset::op_status::ok);
    EXPECT_EQ(i, 42);

    again();
    EXPECT_EQ(select(c.if_recv(i, ok)), 0U);
    EXPECT_EQ(i, 42);
    EXPECT_TRUE(ok);
    again();
    EXPECT_EQ(select(c.if_recv(o)), 0U);
    EXPECT_EQ(o, 42);
    again();
    EXPECT_EQ(select(c.if_recv([&](std::optional<int> v) { ok = v.has_value(); })), 0U);
    EXPECT_TRUE(ok);
    again();
    EXPECT_EQ(select(c.if_recv(i, ok), otherwise), 0U);
    EXPECT_EQ(i, 42);
    EXPECT_TRUE(ok);
    again();
    EXPECT_EQ(select(c.if_recv(o), otherwise), 0U);
    EXPECT_EQ(o, 42);
    again();
    EXPECT_EQ(select(c.if_recv(i, ok), c2.if_recv()), 0U);
    EXPECT_EQ(i, 42);
    EXPECT_TRUE(ok);
    again();
    EXPECT_EQ(select(c2.if_recv(), c.if_recv(o)), 1U);
    EXPECT_EQ(o, 42);

    c.close();
    ok = c.recv(i);
    EXPECT_EQ(i, 0);
    EXPECT_FALSE(ok);
    EXPECT_FALSE(c.recv().has_value());
    ok = true;
    i = 1;
    EXPECT_EQ(select(c.if_recv(i, ok)), 0U);
    EXPECT_EQ(i, 0);
    EXPECT_FALSE(ok);
    EXPECT_EQ(select(c.if_recv(o)), 0U);
    EXPECT_FALSE(o.has_value());
  });
}

// issue43292: an interface value is received into a variable of the interface, and it is the new
// one that is asked afterwards.
struct interface {
  virtual ~interface() = default;
  virtual char m() const = 0;
};
struct a final : interface {
  char m() const override { return 'A'; }
};
struct b final : interface {
  char m() const override { return 'B'; }
};
TEST(Issue43292, InterfaceIntoInterface) {
  offset::run([] {
    auto c = make_chan<std::unique_ptr<interface>>(1);
    std::unique_ptr<interface> i = std::make_unique<a>();
    c.send(std::make_unique<b>());
    EXPECT_TRUE(c.recv(i));
    EXPECT_EQ(i->m(), 'B');

    i = std::make_unique<a>();
    c.send(std::make_unique<b>());
    EXPECT_EQ(select(c.if_recv(i)), 0U);
    EXPECT_EQ(i->m(), 'B');

    i = std::make_unique<a>();
    bool ok = false;
    c.send(std::make_unique<b>());
    EXPECT_EQ(select(c.if_recv(i, ok)), 0U);
    EXPECT_TRUE(ok);
    EXPECT_EQ(i->m(), 'B');
  });
}

// issue48289: every receive of a select has a variable of its own: a handler's argument, which may
// be moved from it and kept.
TEST(Issue48289, AFreshVariableEachTime) {
  offset::run([] {
    auto c = make_chan<std::unique_ptr<int>>(1);
    std::array<std::unique_ptr<int>, 2> kept;
    for (int i = 0; i < 2; ++i) {
      c.send(std::make_unique<int>(i));
      select(c.if_recv(
          [&](std::unique_ptr<int> x) { kept[static_cast<std::size_t>(i)] = std::move(x); }));
    }
    EXPECT_NE(kept[0], kept[1]);
    EXPECT_EQ(*kept[0], 0);
    EXPECT_EQ(*kept[1], 1);
  });
}

// issue8011: <-<-c.
TEST(Issue8011, ReceiveFromAReceivedChannel) {
  offset::run([] {
    auto c = make_chan<chan<int>>(1);
    auto c1 = make_chan<int>(1);
    c1.send(42);
    c.send(c1);
    EXPECT_EQ(c.recv()->recv(), 42);
  });
}

// issue8039: what a deferred call is given is received when it is deferred.
TEST(Issue8039, DeferReceivesAtOnce) {
  offset::run([] {
    std::vector<int> s(1);
    const auto f = [](std::vector<int>& to) {
      auto c = make_chan<std::vector<int>>(1);
      c.send({1});
      const test::defer copy([&to, from = c.recv().value()] { to = from; });
      EXPECT_EQ(c.len(), 0U);
      EXPECT_EQ(to[0], 0);
    };
    f(s);
    EXPECT_EQ(s[0], 1);
  });
}

}  // namespace
