// Go: test/chan/select7.go (issue 2249). A received value that nobody wants: received outside a
// select, in one of one case and of two, against a send of each of these kinds.
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/elements.h"
#include "../../support/wait.h"

using offset::chan;
using offset::make_chan;
using offset::recv_chan;
using offset::select;

namespace {

template <class T>
using receiver = void (*)(const recv_chan<T>&);
template <class T>
using sender = void (*)(const chan<T>&, T);

template <class T>
constexpr receiver<T> receivers[] = {
    [](const recv_chan<T>& c) { c.recv(); },
    [](const recv_chan<T>& c) { select(c.if_recv()); },
    [](const recv_chan<T>& c) {
      const auto other = make_chan<T>();
      EXPECT_EQ(select(c.if_recv(), other.if_recv()), 0U);
    },
};
template <class T>
constexpr sender<T> senders[] = {
    [](const chan<T>& c, T v) { c.send(std::move(v)); },
    [](const chan<T>& c, T v) { select(c.if_send(std::move(v))); },
    [](const chan<T>& c, T v) {
      const auto other = make_chan<T>();
      EXPECT_EQ(select(c.if_send(v), other.if_send(v)), 0U);
    },
};

// Each pairing with the receiver waiting first, and with the sender waiting first.
template <class T>
void every_pairing(const T& value) {
  for (const auto receive : receivers<T>)
    for (const auto send : senders<T>)
      for (const bool receiver_first : {true, false}) {
        auto c = make_chan<T>();
        auto done = make_chan<void>();
        offset::go([=] {
          if (receiver_first)
            receive(c);
          else
            send(c, value);
          done.send();
        });
        ASSERT_TRUE(receiver_first ? test::await_receivers(c, 1) : test::await_senders(c, 1));
        if (receiver_first)
          send(c, value);
        else
          receive(c);
        done.recv();
      }
}

TEST(Select7, DiscardedInt) {
  offset::run([] { every_pairing(1); });
}
TEST(Select7, DiscardedString) {
  offset::run([] { every_pairing(std::string(100, 'x')); });
}
// What Go leaves to its collector: a value that is dropped is destroyed, once.
TEST(Select7, DiscardedIsDestroyed) {
  test::ledger l;
  offset::run([&] {
    every_pairing(test::counted(&l, 1));
    EXPECT_TRUE(test::await([&] { return l.alive.load() == 0; }));
  });
  EXPECT_EQ(l.errors.load(), 0);
  EXPECT_EQ(l.values.load(), 0);
}

}  // namespace
