// Go: test/chan/select3.go. Which operations wait for ever, which never wait and which panic: on
// nil, closed, ready and unready channels, alone and in a select.
//
// That something waits for ever is not shown by sleeping: a program starts every such operation in
// a goroutine of its own, and the report of the deadlock must name each of them.
#include <cstdio>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;

namespace {

chan<int> closed_chan() {
  auto c = make_chan<int>();
  c.close();
  return c;
}

void waits(const char* what, void (*f)()) {
  offset::go([=] {
    f();
    std::printf("did not block: %s\n", what);
  });
}

PROGRAM(select3_waits_for_ever) {
  return offset::run([] {
    waits("send to nil", [] { chan<int>().send(7); });
    waits("receive from nil", [] { chan<int>().recv(); });
    waits("receive from an unready channel", [] { make_chan<int>().recv(); });
    waits("empty select", [] { select(); });
    waits("select of a nil receive", [] { select(chan<int>().if_recv()); });
    waits("select of a nil send", [] { select(chan<int>().if_send(7)); });
    waits("select of both on nil", [] { select(chan<int>().if_recv(), chan<int>().if_send(7)); });
    waits("select of an unready channel", [] { select(make_chan<int>().if_recv()); });
    // A select must not be its own partner.
    waits("select that sees itself", [] {
      const auto c = make_chan<int>();
      select(c.if_send(1), c.if_recv());
    });
    select();
  });
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Select3, WaitsForEver) {
  const auto o = test::run_program("select3_waits_for_ever");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_EQ(o.out, "");
  EXPECT_EQ(o.first(), "fatal error: all goroutines are asleep - deadlock!");
  EXPECT_EQ(count(o.err, "[chan send (nil chan)]:"), 1U) << o.err;
  EXPECT_EQ(count(o.err, "[chan receive (nil chan)]:"), 1U) << o.err;
  EXPECT_EQ(count(o.err, "[chan receive]:"), 1U) << o.err;
  EXPECT_EQ(count(o.err, "[select (no cases)]:"), 2U) << o.err;
  EXPECT_EQ(count(o.err, "[select]:"), 5U) << o.err;
}

TEST(Select3, NilIsNeverChosen) {
  offset::run([] {
    const chan<int> nil;
    EXPECT_EQ(select(nil.if_send(7), otherwise), 1U);
    EXPECT_EQ(select(nil.if_recv(), otherwise), 1U);
    EXPECT_EQ(select(nil.if_recv(), otherwise, nil.if_send(7)), 1U);
  });
}

TEST(Select3, NeverWaits) {
  offset::run([] {
    make_chan<int>(1).send(7);  // there is room

    const auto closed = closed_chan();
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(closed.recv().value_or(0), 0);
      int x = 1;
      EXPECT_FALSE(closed.recv(x));
      EXPECT_EQ(x, 0);
    }
    EXPECT_EQ(select(otherwise), 0U);

    const auto room = make_chan<int>(1);
    EXPECT_EQ(select(room.if_send(7), otherwise), 0U);
    EXPECT_EQ(select(room.if_recv(), otherwise), 0U);
  });
}

TEST(Select3, ClosedInASelectIsAsOutside) {
  offset::run([] {
    const auto closed = closed_chan();
    EXPECT_EQ(select(closed.if_recv()), 0U);
    int x = 1;
    EXPECT_EQ(select(closed.if_recv(x)), 0U);
    EXPECT_EQ(x, 0);
    bool ok = true;
    x = 1;
    EXPECT_EQ(select(closed.if_recv(x, ok)), 0U);
    EXPECT_EQ(x, 0);
    EXPECT_FALSE(ok);
    EXPECT_THROW(closed.send(7), offset::closed_channel);
    EXPECT_THROW(select(closed.if_send(7)), offset::closed_channel);
    EXPECT_THROW(select(closed.if_send(7), otherwise), offset::closed_channel);
  });
}

}  // namespace
