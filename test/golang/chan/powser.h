// Power series as processes, for the ports of Go's test/chan/powser1.go and powser2.go (after
// M. D. McIlroy's "Squinting at Power Series"): a series is a pair of channels, one on which the
// next coefficient is asked for and one on which it comes. Every operation is a goroutine between
// its operands and its result; a product makes more of them with every coefficient.
//
// `Wire` is what travels on the data channels; wire<Wire> packs and unpacks a rational.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

namespace powser {

/// A rational in lowest terms; denominator 0 marks the end of a series.
struct rat {
  std::int64_t num = 0;
  std::int64_t den = 1;
  bool operator==(const rat&) const = default;
  bool ends() const { return den == 0; }
};
inline constexpr rat finis{-1, 0};
inline constexpr rat zero{0, 1};
inline constexpr rat one{1, 1};

inline std::int64_t gcd(std::int64_t u, std::int64_t v) {
  if (u < 0) return gcd(-u, v);
  return u == 0 ? v : gcd(v % u, u);
}
inline rat ratio(std::int64_t u, std::int64_t v) {
  const std::int64_t g = gcd(u, v);
  return v > 0 ? rat{u / g, v / g} : rat{-u / g, -v / g};
}
inline rat integer(std::int64_t u) { return ratio(u, 1); }
inline rat operator+(rat u, rat v) {
  const std::int64_t g = gcd(u.den, v.den);
  return ratio(u.num * (v.den / g) + v.num * (u.den / g), u.den * (v.den / g));
}
inline rat operator*(rat u, rat v) {
  const std::int64_t g1 = gcd(u.num, v.den);
  const std::int64_t g2 = gcd(u.den, v.num);
  return {(u.num / g1) * (v.num / g2), (u.den / g2) * (v.den / g1)};
}
inline rat operator-(rat u) { return ratio(-u.num, u.den); }

template <class Wire>
struct wire;  // static Wire pack(rat); static rat unpack(const Wire&);

template <class Wire>
struct series {
  offset::chan<int> req = offset::make_chan<int>();
  offset::chan<Wire> dat = offset::make_chan<Wire>();
};
template <class Wire>
using two_series = std::array<series<Wire>, 2>;

inline int next_number() {
  static std::atomic<int> last{0};
  return ++last;
}

template <class Wire>
void put(rat v, const series<Wire>& out) {
  out.req.recv();
  out.dat.send(wire<Wire>::pack(v));
}
template <class Wire>
void answer(rat v, const series<Wire>& out) {
  out.dat.send(wire<Wire>::pack(v));
}
template <class Wire>
rat get(const series<Wire>& in) {
  in.req.send(next_number());
  return wire<Wire>::unpack(in.dat.recv().value());
}

/// The next coefficients of both, asked for and received in whatever order they come.
template <class Wire>
std::pair<rat, rat> get2(const series<Wire>& a, const series<Wire>& b) {
  offset::send_chan<int> req[2] = {a.req, b.req};
  offset::recv_chan<Wire> dat[2];
  rat out[2];
  Wire it{};
  for (int left = 4; left > 0; --left) {
    const int n = next_number();
    switch (offset::select(req[0].if_send(n), req[1].if_send(n), dat[0].if_recv(it),
                           dat[1].if_recv(it))) {
      case 0:
        dat[0] = a.dat;
        req[0] = {};
        break;
      case 1:
        dat[1] = b.dat;
        req[1] = {};
        break;
      case 2:
        out[0] = wire<Wire>::unpack(it);
        dat[0] = {};
        break;
      default:
        out[1] = wire<Wire>::unpack(it);
        dat[1] = {};
        break;
    }
  }
  return {out[0], out[1]};
}

template <class Wire>
void copy(const series<Wire>& in, const series<Wire>& out) {
  for (;;) {
    out.req.recv();
    answer(get(in), out);
  }
}

// A goroutine a coefficient: it is made at the first demand from either side, makes its follower,
// and ends when both sides have the value.
template <class Wire>
void split_next(const series<Wire>& in, two_series<Wire> out, const offset::chan<int>& wait) {
  bool both = false;
  if (offset::select(out[0].req.if_recv(), wait.if_recv()) == 1) {
    both = true;
    if (offset::select(out[0].req.if_recv(), out[1].req.if_recv()) == 1) std::swap(out[0], out[1]);
  }
  in.req.send(next_number());
  const auto release = offset::make_chan<int>();
  offset::go([=] { split_next(in, out, release); });
  const Wire v = in.dat.recv().value();
  out[0].dat.send(v);
  if (!both) wait.recv();
  out[1].req.recv();
  out[1].dat.send(v);
  release.send(0);
}
template <class Wire>
void split_into(const series<Wire>& in, const two_series<Wire>& out) {
  const auto release = offset::make_chan<int>();
  offset::go([=] { split_next(in, out, release); });
  release.send(0);
}
template <class Wire>
two_series<Wire> split(const series<Wire>& in) {
  const two_series<Wire> out;
  offset::go([=] { split_into(in, out); });
  return out;
}

template <class Wire>
series<Wire> repeat(rat c) {
  const series<Wire> z;
  offset::go([=] {
    for (;;) put(c, z);
  });
  return z;
}

template <class Wire>
series<Wire> add(const series<Wire>& u, const series<Wire>& v) {
  const series<Wire> z;
  offset::go([=] {
    for (;;) {
      z.req.recv();
      const auto [a, b] = get2(u, v);
      if (a.ends() && b.ends()) {
        answer(finis, z);
      } else if (a.ends()) {
        answer(b, z);
        copy(v, z);
      } else if (b.ends()) {
        answer(a, z);
        copy(u, z);
      } else {
        answer(a + b, z);
      }
    }
  });
  return z;
}

template <class Wire>
series<Wire> scale(rat c, const series<Wire>& u) {
  const series<Wire> z;
  offset::go([=] {
    for (;;) {
      z.req.recv();
      const rat a = get(u);
      if (a.ends()) break;
      answer(c * a, z);
    }
    answer(finis, z);
  });
  return z;
}

template <class Wire>
series<Wire> subtract(const series<Wire>& u, const series<Wire>& v) {
  return add(u, scale(-one, v));
}

template <class Wire>
series<Wire> multiply(const series<Wire>& u, const series<Wire>& v) {
  const series<Wire> z;
  offset::go([=] {
    z.req.recv();
    const auto [a, b] = get2(u, v);
    if (a.ends() || b.ends()) {
      answer(finis, z);
      return;
    }
    answer(a * b, z);
    const auto uu = split(u);
    const auto vv = split(v);
    const auto w = add(scale(a, vv[0]), scale(b, uu[0]));
    z.req.recv();
    answer(get(w), z);
    copy(add(w, multiply(uu[1], vv[1])), z);
  });
  return z;
}

template <class Wire>
series<Wire> differentiate(const series<Wire>& u) {
  const series<Wire> z;
  offset::go([=] {
    z.req.recv();
    rat a = get(u);
    if (!a.ends())
      for (int i = 1;; ++i) {
        a = get(u);
        if (a.ends()) break;
        answer(integer(i) * a, z);
        z.req.recv();
      }
    answer(finis, z);
  });
  return z;
}

template <class Wire>
series<Wire> integrate(rat constant, const series<Wire>& u) {
  const series<Wire> z;
  offset::go([=] {
    put(constant, z);
    for (int i = 1;; ++i) {
      z.req.recv();
      const rat a = get(u);
      if (a.ends()) break;
      answer(ratio(1, i) * a, z);
    }
    answer(finis, z);
  });
  return z;
}

/// e to the u, by its own differential equation: the result feeds itself.
template <class Wire>
series<Wire> exponential(const series<Wire>& u) {
  const two_series<Wire> zz;
  split_into(integrate(one, multiply(zz[0], differentiate(u))), zz);
  return zz[1];
}

/// u(c * x^n).
template <class Wire>
series<Wire> substitute(const series<Wire>& u, rat c0, int n) {
  const series<Wire> z;
  offset::go([=] {
    rat c = one;
    for (;;) {
      z.req.recv();
      const rat a = get(u);
      if (a.ends()) break;
      answer(a * c, z);
      c = c * c0;
      for (int i = 1; i < n; ++i) put(zero, z);
    }
    answer(finis, z);
  });
  return z;
}

template <class Wire>
void expect_series(const char* what, const series<Wire>& u, std::initializer_list<rat> want) {
  std::size_t i = 0;
  for (const rat& w : want) {
    const rat got = get(u);
    EXPECT_EQ(got.num, w.num) << what << ", coefficient " << i;
    EXPECT_EQ(got.den, w.den) << what << ", coefficient " << i;
    ++i;
  }
}

/// What Go's two programs check.
template <class Wire>
void check_everything() {
  const auto n = [](std::int64_t v) { return integer(v); };
  const auto ones = repeat<Wire>(one);
  const auto twos = repeat<Wire>(n(2));
  expect_series("Ones", ones, {one, one, one, one, one});
  expect_series("Add", add(ones, ones), {n(2), n(2), n(2), n(2), n(2)});
  expect_series("Add", add(ones, twos), {n(3), n(3), n(3), n(3), n(3)});
  expect_series("Diff", differentiate(ones),
                {n(1), n(2), n(3), n(4), n(5), n(6), n(7), n(8), n(9), n(10)});
  expect_series("Integ", integrate(zero, ones),
                {zero, one, ratio(1, 2), ratio(1, 3), ratio(1, 4), ratio(1, 5), ratio(1, 6),
                 ratio(1, 7), ratio(1, 8), ratio(1, 9)});
  expect_series("Cmul", scale(-one, twos),
                {n(-2), n(-2), n(-2), n(-2), n(-2), n(-2), n(-2), n(-2), n(-2), n(-2)});
  expect_series("Sub", subtract(ones, twos), {n(-1), n(-1), n(-1), n(-1), n(-1)});
  expect_series("Mul", multiply(ones, ones),
                {n(1), n(2), n(3), n(4), n(5), n(6), n(7), n(8), n(9), n(10)});
  expect_series("Exp", exponential(ones),
                {one, one, ratio(3, 2), ratio(13, 6), ratio(73, 24), ratio(167, 40),
                 ratio(4051, 720), ratio(37633, 5040), ratio(43817, 4480), ratio(4596553, 362880)});
  expect_series(
      "ATan", integrate(zero, substitute(ones, -one, 2)),
      {zero, one, zero, ratio(-1, 3), zero, ratio(1, 5), zero, ratio(-1, 7), zero, ratio(1, 9)});
}

}  // namespace powser
