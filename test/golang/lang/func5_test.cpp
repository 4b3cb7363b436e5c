// Go: test/func5.go and the channel part of test/closure.go. go takes whatever can be called: a
// function, a variable that holds one, what a call answers, a closure; and closures that share
// variables see one another's changes in the order in which channels make them happen.
#include <functional>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;

namespace {

int add(int x, int y) { return x + y; }
void addc(int x, int y, const chan<int>& c) { c.send(x + y); }

int gocall(const std::function<int(int, int)>& f, int a, int b) {
  auto c = make_chan<int>();
  offset::go([](const std::function<int(int, int)>& g, int x, int y,
                const chan<int>& to) { to.send(g(x, y)); },
             f, a, b, c);
  return c.recv().value();
}

TEST(Func5, GoOfAnythingCallable) {
  offset::run([] {
    EXPECT_EQ(gocall(add, 1, 2), 3);
    EXPECT_EQ(gocall([](int a, int b) { return a + b; }, 1, 2), 3);
    EXPECT_EQ(gocall(std::plus<int>(), 1, 2), 3);

    auto c = make_chan<int>();
    offset::go(addc, 1, 2, c);
    EXPECT_EQ(c.recv(), 3);
    const auto fc = addc;
    offset::go(fc, 1, 2, c);
    EXPECT_EQ(c.recv(), 3);
    const auto fnc = [] { return std::function<void(int, int, const chan<int>&)>(addc); };
    offset::go(fnc(), 1, 2, c);
    EXPECT_EQ(c.recv(), 3);
    offset::go([](int a, int b, const chan<int>& to) { to.send(a + b); }, 1, 2, c);
    EXPECT_EQ(c.recv(), 3);
    offset::go(&chan<int>::close, c);  // Go: go close(c)
    EXPECT_EQ(c.recv(), std::nullopt);
  });
}

void expect_values(const chan<int>& c, const std::vector<int>& want) {
  for (int v : want) EXPECT_EQ(c.recv(), v);
}

TEST(Closure, SharedVariablesOverAChannel) {
  offset::run([] {
    auto c = make_chan<int>();
    offset::go([c] {
      int i = 1;
      int j = 2;
      const auto f = [&] {
        c.send(i);
        i = 4;
        const auto g = [&] {
          c.send(i);
          c.send(j);
        };
        g();
        c.send(i);
      };
      j = 5;
      f();
    });
    expect_values(c, {1, 4, 5, 4});

    offset::go([c] {
      const auto accum = [](int n) { return [n](int i) mutable { return n += i; }; };
      auto a = accum(0);
      auto b = accum(1);
      c.send(a(2));
      c.send(b(3));
      c.send(a(4));
      c.send(b(5));
    });
    expect_values(c, {2, 4, 6, 9});
  });
}

}  // namespace
