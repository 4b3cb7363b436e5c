// Go: test/chan/perm.go, which the compiler must refuse line by line. Here each line is a requires
// expression, so that this file compiles only if offset refuses what Go refuses, and takes the
// rest.
#include <memory>
#include <type_traits>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::recv_chan;
using offset::send_chan;

namespace {

template <class To, class From>
concept assigns = requires(To to, From from) {
  to = from;
};
template <class C>
concept sends = requires(C c) {
  c.send(0);
};
template <class C>
concept receives = requires(C c, int x) {
  c.recv();
  c.recv(x);
};
template <class C>
concept selects_send = requires(C c) {
  offset::select(c.if_send(0));
};
template <class C>
concept selects_receive = requires(C c, int x, bool ok) {
  offset::select(c.if_recv(x));
  offset::select(c.if_recv(x, ok));
};
template <class C>
concept tries_to_receive = requires(C c, int x) {
  c.try_recv(x);
};
template <class C>
concept tries_to_send = requires(C c) {
  c.try_send(0);
};
template <class C>
concept ranges_over = requires(C c) {
  c.begin();
  c.end();
};
template <class C>
concept closes = requires(C c) {
  c.close();
};

using both = chan<int>;
using in = recv_chan<int>;
using out = send_chan<int>;

static_assert(assigns<in, both>);
static_assert(assigns<out, both>);
static_assert(!assigns<both, in>);
static_assert(!assigns<both, out>);
static_assert(!assigns<in, out>);
static_assert(!assigns<out, in>);

static_assert(!receives<int>);
static_assert(!sends<int>);

static_assert(sends<both> && tries_to_send<both>);
static_assert(receives<both> && tries_to_receive<both>);
static_assert(!sends<in> && !tries_to_send<in>);
static_assert(receives<in> && tries_to_receive<in>);
static_assert(sends<out> && tries_to_send<out>);
static_assert(!receives<out> && !tries_to_receive<out>);

static_assert(selects_send<both> && selects_receive<both>);
static_assert(!selects_send<in> && selects_receive<in>);
static_assert(selects_send<out> && !selects_receive<out>);

static_assert(ranges_over<both> && ranges_over<in>);
static_assert(!ranges_over<out>);

static_assert(closes<both>);
static_assert(closes<out>);
static_assert(!closes<in>);
static_assert(!closes<int>);

// Construction and comparison say the same as assignment.
static_assert(!std::is_constructible_v<both, in> && !std::is_constructible_v<both, out>);
static_assert(!std::is_constructible_v<in, out> && !std::is_constructible_v<out, in>);
// Nor is a channel of one element type another's.
static_assert(!assigns<in, chan<long>> && !assigns<out, chan<unsigned>>);

// What may be moved and not copied is not sent by copy.
template <class C, class V>
concept sends_a = requires(C c, V v) {
  c.send(static_cast<V>(v));
};
static_assert(sends_a<chan<std::unique_ptr<int>>, std::unique_ptr<int>&&>);
static_assert(!sends_a<chan<std::unique_ptr<int>>, const std::unique_ptr<int>&>);

TEST(Perm, WhatIsAllowedWorks) {
  offset::run([] {
    const both c = offset::make_chan<int>(1);
    const out cs = c;
    const in cr = c;
    cs.send(7);
    int x = 0;
    EXPECT_TRUE(cr.recv(x));
    EXPECT_EQ(x, 7);
    cs.close();
    EXPECT_FALSE(cr.recv(x));
    EXPECT_EQ(x, 0);
    EXPECT_THROW(c.close(), offset::panic_error);
  });
}

}  // namespace
