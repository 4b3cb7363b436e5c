// Go: test/chan/nonblock.go. A select with a default over channels of four element types,
// unbuffered and with one slot: an unbuffered one lets it through only while the partner waits, a
// buffered one as soon as there is room or a value.
//
// Go's test sleeps between its tries; here the partner is seen waiting, so that each answer is
// known and not only reached in the end.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"
#include "../../support/where.h"

using offset::make_chan;
using offset::op_status;
using offset::otherwise;
using offset::select;

namespace {

template <class T>
void check(int buffer, const T& to_send, const T& to_receive) {
  const test::where here("buffer " + std::to_string(buffer));
  auto c = make_chan<T>(buffer);
  auto strobe = make_chan<void>();
  T got{};
  EXPECT_EQ(select(c.if_recv(got), otherwise), 1U) << "nobody has sent";

  if (buffer == 0) {
    EXPECT_EQ(select(c.if_send(to_send), otherwise), 1U) << "nobody receives";
  }
  offset::go([=] {
    EXPECT_EQ(c.recv(), to_send);
    strobe.send();
  });
  ASSERT_TRUE(test::await_receivers(c, 1));
  EXPECT_EQ(select(c.if_send(to_send), otherwise), 0U);
  strobe.recv();

  offset::go([=] {
    c.send(to_receive);
    strobe.send();
  });
  if (buffer > 0)
    strobe.recv();  // it need not wait for us
  else
    ASSERT_TRUE(test::await_senders(c, 1));
  EXPECT_EQ(select(c.if_recv(got), otherwise), 0U);
  EXPECT_EQ(got, to_receive);
  if (buffer == 0) strobe.recv();
  EXPECT_EQ(select(c.if_recv(got), otherwise), 1U);
}

TEST(NonBlock, Int32) {
  offset::run([] {
    for (int buffer : {0, 1}) check<std::int32_t>(buffer, 123, 234);
  });
}
TEST(NonBlock, Int64) {
  offset::run([] {
    for (int buffer : {0, 1}) check<std::int64_t>(buffer, 123456, 234567);
  });
}
TEST(NonBlock, Bool) {
  offset::run([] {
    for (int buffer : {0, 1}) check<bool>(buffer, true, true);
  });
}
TEST(NonBlock, String) {
  offset::run([] {
    for (int buffer : {0, 1}) check<std::string>(buffer, "hello", "hello again");
  });
}

// The shape of Go's test: trying until it works, whoever comes first.
TEST(NonBlock, TriesUntilThePartnerIsThere) {
  offset::run([] {
    for (int buffer : {0, 1}) {
      auto c = make_chan<std::string>(buffer);
      auto done = make_chan<void>();
      offset::go([=] {
        for (int i = 0; i < 100; ++i) EXPECT_EQ(c.recv(), "hello");
        for (int i = 0; i < 100; ++i) c.send("hello again");
        done.send();
      });
      for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(test::await([&] { return c.try_send("hello") == op_status::ok; }));
      std::string got;
      for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(test::await([&] { return c.try_recv(got) == op_status::ok; }));
        EXPECT_EQ(got, "hello again");
      }
      done.recv();
    }
  });
}

}  // namespace
