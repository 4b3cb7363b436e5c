// Go: test/typeparam/chans.go. Generic pieces made of channels and a context: reading all, merging,
// filtering, a sink, exclusive access to a value, and a sender that learns that its receiver is
// gone.
#include <algorithm>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::recv_chan;
using offset::select;
using offset::send_chan;

namespace {

template <class T>
std::vector<T> read_all(const context& ctx, const recv_chan<T>& c) {
  std::vector<T> r;
  for (;;) {
    std::optional<T> v;
    if (select(ctx.if_done(), c.if_recv(v)) == 0 || !v) return r;
    r.push_back(std::move(*v));
  }
}

template <class T>
recv_chan<T> merge(const context& ctx, recv_chan<T> c1, recv_chan<T> c2) {
  auto r = make_chan<T>();
  offset::go(
      [ctx, r](recv_chan<T> a, recv_chan<T> b) {
        const test::defer closing([&] { r.close(); });
        while (a || b) {
          std::optional<T> v;
          const std::size_t at = select(ctx.if_done(), a.if_recv(v), b.if_recv(v));
          if (at == 0) return;
          if (v)
            r.send(std::move(*v));
          else
            (at == 1 ? a : b) = {};
        }
      },
      std::move(c1), std::move(c2));
  return r;
}

template <class T, std::predicate<const T&> F>
recv_chan<T> filter(const context& ctx, recv_chan<T> c, F f) {
  auto r = make_chan<T>();
  offset::go([=] {
    const test::defer closing([&] { r.close(); });
    for (;;) {
      std::optional<T> v;
      if (select(ctx.if_done(), c.if_recv(v)) == 0 || !v) return;
      if (f(*v)) r.send(std::move(*v));
    }
  });
  return r;
}

/// Takes everything. Its own channel is closed when it has stopped.
template <class T>
std::pair<send_chan<T>, recv_chan<void>> sink(const context& ctx) {
  auto r = make_chan<T>();
  auto stopped = make_chan<void>();
  offset::go([=] {
    const test::defer closing([&] { stopped.close(); });
    for (;;) {
      std::optional<T> v;
      if (select(ctx.if_done(), r.if_recv(v)) == 0 || !v) return;
    }
  });
  return {r, stopped};
}

template <class T>
class exclusive {
 public:
  explicit exclusive(T initial) { c_.send(std::move(initial)); }
  T acquire() { return c_.recv().value(); }
  std::optional<T> try_acquire() {
    T v{};
    if (c_.try_recv(v) != op_status::ok) return std::nullopt;
    return v;
  }
  void release(T v) {
    if (c_.try_send(std::move(v)) != op_status::ok)
      throw std::logic_error("release without acquire");
  }

 private:
  chan<T> c_ = make_chan<T>(1);
};

// A sender and a receiver. Go's receiver closes `done` in its finalizer, some time after it became
// unreachable; this one in its destructor.
template <class T>
class range_sender {
 public:
  range_sender(send_chan<T> values, recv_chan<void> done)
      : values_(std::move(values)), done_(std::move(done)) {}
  bool send(const context& ctx, T v) const {
    return select(ctx.if_done(), values_.if_send(std::move(v)), done_.if_recv()) == 1;
  }
  void close() const { values_.close(); }

 private:
  send_chan<T> values_;
  recv_chan<void> done_;
};
template <class T>
class range_receiver {
 public:
  range_receiver(recv_chan<T> values, send_chan<void> done)
      : values_(std::move(values)), done_(std::move(done)) {}
  range_receiver(range_receiver&&) noexcept = default;  // moved from, its `done_` is nil
  range_receiver& operator=(range_receiver&&) = delete;
  ~range_receiver() {
    if (done_) done_.close();
  }
  std::optional<T> next(const context& ctx) const {
    std::optional<T> v;
    select(ctx.if_done(), values_.if_recv(v));
    return v;
  }

 private:
  recv_chan<T> values_;
  send_chan<void> done_;
};
template <class T>
std::pair<range_sender<T>, range_receiver<T>> ranger() {
  auto c = make_chan<T>();
  auto d = make_chan<void>();
  return {range_sender<T>(c, d), range_receiver<T>(c, d)};
}

template <class T>
recv_chan<T> values(std::vector<T> all) {
  auto c = make_chan<T>();
  offset::go([c, all = std::move(all)] {
    for (const T& v : all) c.send(v);
    c.close();
  });
  return c;
}

TEST(TypeparamChans, TestReadAll) {
  offset::run([] {
    EXPECT_EQ(read_all(context::background(), values<int>({4, 2, 5})), (std::vector<int>{4, 2, 5}));
    EXPECT_EQ(read_all(context::background(), values<std::string>({"a", "b"})),
              (std::vector<std::string>{"a", "b"}));
  });
}

TEST(TypeparamChans, TestMerge) {
  offset::run([] {
    const context ctx = context::background();
    auto got = read_all(ctx, merge(ctx, values<int>({1, 3, 5}), values<int>({2, 4, 6})));
    std::ranges::sort(got);
    EXPECT_EQ(got, (std::vector<int>{1, 2, 3, 4, 5, 6}));
  });
}

TEST(TypeparamChans, TestFilter) {
  offset::run([] {
    const context ctx = context::background();
    const auto even = [](int i) { return i % 2 == 0; };
    EXPECT_EQ(read_all(ctx, filter(ctx, values<int>({1, 2, 3}), even)), (std::vector<int>{2}));
  });
}

TEST(TypeparamChans, TestSink) {
  offset::run([] {
    const auto [c, stopped] = sink<int>(context::background());
    const offset::time::timer after(60s);
    for (int v : {1, 2, 3})
      EXPECT_EQ(select(c.if_send(v), after.c().if_recv()), 0U) << "timed out sending to the sink";
    c.close();
    stopped.recv();
  });
}

// What Go's test passes a context for: each of them ends when it is cancelled, while it waits.
TEST(TypeparamChans, EachEndsWhenItsContextDoes) {
  offset::run([] {
    const auto [ctx, cancel] = context::with_cancel(context::background());
    const auto never = make_chan<int>();
    auto all = make_chan<std::vector<int>>();
    offset::go([=, ctx = ctx] { all.send(read_all(ctx, recv_chan<int>(never))); });
    const auto merged = merge<int>(ctx, never, never);
    const auto filtered = filter<int>(ctx, never, [](int) { return true; });
    const auto [c, stopped] = sink<int>(ctx);
    ASSERT_TRUE(test::await_receivers(never, 4));
    cancel();
    EXPECT_EQ(all.recv(), std::vector<int>());
    EXPECT_EQ(merged.recv(), std::nullopt);
    EXPECT_EQ(filtered.recv(), std::nullopt);
    EXPECT_FALSE(stopped.recv());
    const auto [s, r] = ranger<int>();
    EXPECT_FALSE(s.send(ctx, 1));
    EXPECT_EQ(r.next(ctx), std::nullopt);
  });
}

TEST(TypeparamChans, TestExclusive) {
  offset::run([] {
    int val = 0;
    exclusive<int*> ex(&val);
    offset::sync::wait_group group;
    for (int g = 0; g < 2; ++g)
      group.go([&] {
        for (int i = 0; i < 10; ++i) {
          int* const p = ex.acquire();
          ++*p;
          ex.release(p);
        }
      });
    group.wait();
    EXPECT_EQ(val, 20);
  });
}

TEST(TypeparamChans, TestExclusiveTry) {
  offset::run([] {
    std::string s;
    exclusive<std::string*> ex(&s);
    auto p = ex.try_acquire();
    ASSERT_TRUE(p);
    **p = "a";
    offset::sync::wait_group group;
    group.go([&] { EXPECT_FALSE(ex.try_acquire()); });
    group.wait();
    ex.release(*p);
    EXPECT_THROW(ex.release(*p), std::logic_error);
    EXPECT_TRUE(ex.try_acquire());
  });
}

TEST(TypeparamChans, TestRanger) {
  offset::run([] {
    auto [sender, receiver] = ranger<int>();
    const context ctx = context::background();
    offset::go([ctx, r = std::move(receiver)] { EXPECT_EQ(r.next(ctx), 1); });
    auto c1 = make_chan<void>();
    auto c2 = make_chan<void>();
    offset::go([ctx, c1, c2, s = std::move(sender)] {
      const test::defer closing([&] { c2.close(); });
      EXPECT_TRUE(s.send(ctx, 1));
      c1.close();
      EXPECT_FALSE(s.send(ctx, 2)) << "sent although the receiver is gone";
    });
    EXPECT_FALSE(c1.recv());
    EXPECT_EQ(select(c2.if_recv(), offset::timeout(60s)), 0U);
  });
}

}  // namespace
