// Power series as streams of coefficients: each operation is a goroutine that computes one
// coefficient after the other, without end. A series can be defined by itself, as exp is the
// integral of exp: what comes out of the integral is led back into it.
// After Doug McIlroy's "Squinting at Power Series".
#include <cstddef>
#include <cstdio>
#include <deque>
#include <numeric>
#include <offset/offset.hpp>
#include <string>
#include <vector>

struct rational {
  rational(long n = 0, long d = 1) : num(n / std::gcd(n, d)), den(d / std::gcd(n, d)) {}
  long num;
  long den;
};
rational operator+(rational a, rational b) {
  return {a.num * b.den + b.num * a.den, a.den * b.den};
}
rational operator*(rational a, rational b) { return {a.num * b.num, a.den * b.den}; }

using series = offset::recv_chan<rational>;

series geometric() {  // 1/(1-x)
  auto out = offset::make_chan<rational>();
  offset::go([=] {
    for (;;) out.send(1);
  });
  return out;
}

series scale(rational factor, series f) {
  auto out = offset::make_chan<rational>();
  offset::go([=] {
    for (rational c : f) out.send(factor * c);
  });
  return out;
}

series add_constant(rational constant, series f) {
  auto out = offset::make_chan<rational>();
  offset::go([=] {
    out.send(constant + f.recv().value());
    for (rational c : f) out.send(c);
  });
  return out;
}

series integrate(rational constant, series f) {
  auto out = offset::make_chan<rational>();
  offset::go([=] {
    out.send(constant);
    for (long n = 1;; ++n) out.send(f.recv().value() * rational(1, n));
  });
  return out;
}

series multiply(series f, series g) {
  auto out = offset::make_chan<rational>();
  offset::go([=] {
    std::vector<rational> a;
    std::vector<rational> b;
    for (;;) {
      a.push_back(f.recv().value());
      b.push_back(g.recv().value());
      rational sum;
      for (std::size_t i = 0; i < a.size(); ++i) sum = sum + a[i] * b[a.size() - 1 - i];
      out.send(sum);
    }
  });
  return out;
}

// Makes two of one. The first leads: a coefficient is asked for when the first has none left; the
// second may lag behind.
struct twins {
  series first;
  series second;
};
twins split(series f) {
  auto first = offset::make_chan<rational>();
  auto second = offset::make_chan<rational>();
  offset::go([=] {
    std::deque<rational> a;
    std::deque<rational> b;
    for (;;) {
      rational c;
      const auto in = a.empty() ? f : series();
      const auto out_a = a.empty() ? offset::chan<rational>() : first;
      const auto out_b = b.empty() ? offset::chan<rational>() : second;
      const rational next_a = a.empty() ? 0 : a.front();
      const rational next_b = b.empty() ? 0 : b.front();
      switch (offset::select(in.if_recv(c), out_a.if_send(next_a), out_b.if_send(next_b))) {
        case 0:
          a.push_back(c);
          b.push_back(c);
          break;
        case 1: a.pop_front(); break;
        case 2: b.pop_front(); break;
      }
    }
  });
  return {first, second};
}

void lead(series from, offset::send_chan<rational> to) {
  offset::go([=] {
    for (rational c : from) to.send(c);
  });
}

series exponential() {  // exp = 1 + the integral of exp
  auto exp = offset::make_chan<rational>();
  const twins t = split(exp);
  lead(integrate(1, t.second), exp);
  return t.first;
}

series tangent() {  // tan = the integral of 1 + tan * tan
  auto tan = offset::make_chan<rational>();
  const twins t = split(tan);
  const twins factors = split(t.second);
  lead(integrate(0, add_constant(1, multiply(factors.first, factors.second))), tan);
  return t.first;
}

series sine() {  // sin = the integral of cos, cos = 1 - the integral of sin
  auto sin = offset::make_chan<rational>();
  const twins t = split(sin);
  lead(integrate(0, integrate(1, scale(-1, t.second))), sin);
  return t.first;
}

void print(const char* name, series f) {
  std::string line = name;
  for (int i = 0; i < 8; ++i) {
    const rational c = f.recv().value();
    line += " " + std::to_string(c.num);
    if (c.den != 1) line += "/" + std::to_string(c.den);
  }
  std::puts(line.c_str());
}

int main() {
  return offset::run([] {
    print("1/(1-x):", geometric());
    print("1/(1-x)^2:", multiply(geometric(), geometric()));
    print("log 1/(1-x):", integrate(0, geometric()));
    print("exp:", exponential());
    print("exp^2:", multiply(exponential(), exponential()));
    print("sin:", sine());
    print("tan:", tangent());
  });
}
