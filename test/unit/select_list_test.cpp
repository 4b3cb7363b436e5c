// select over lists that are made at run time (Go: reflect.Select).
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::select_case;
using offset::timeout;

namespace {

TEST(SelectList, AnyRange) {
  offset::run([] {
    auto a = make_chan<int>(1);
    auto b = make_chan<std::string>(1);
    b.send("x");
    std::string out;
    std::vector<select_case> list{a.if_recv(), b.if_recv(out)};
    EXPECT_EQ(select(list), 1U);
    EXPECT_EQ(out, "x");
    a.send(1);
    EXPECT_EQ(select(std::span<const select_case>(list)), 0U);
    a.send(1);
    const std::array<select_case, 2> fixed{list[1], list[0]};
    EXPECT_EQ(select(fixed), 1U);
    a.send(1);
    EXPECT_EQ(select({b.if_recv(), a.if_recv()}), 1U);
    EXPECT_EQ(select({a.if_recv(), otherwise, b.if_recv()}), 1U);
    EXPECT_EQ(select({a.if_recv(), b.if_recv(), timeout(1ms)}), 2U);
    EXPECT_EQ(select({timeout(0s), a.if_send(3)}), 1U);
  });
}

TEST(SelectList, HandlersAndMarkers) {
  offset::run([] {
    auto c = make_chan<int>(1);
    std::string log;
    std::vector<select_case> list;
    list.emplace_back(c.if_recv([&](std::optional<int> v) { log += v ? "value;" : "closed;"; }));
    list.emplace_back(otherwise([&] { log += "otherwise;"; }));
    EXPECT_EQ(select(list), 1U);
    c.send(1);
    EXPECT_EQ(select(list), 0U);
    c.close();
    EXPECT_EQ(select(list), 0U);
    std::vector<select_case> timed;
    timed.emplace_back(make_chan<int>().if_recv());
    timed.emplace_back(timeout(1ms, [&] { log += "timeout;"; }));
    EXPECT_EQ(select(timed), 1U);
    EXPECT_EQ(select(timed), 1U);
    EXPECT_EQ(log, "otherwise;value;closed;timeout;timeout;");
  });
}

TEST(SelectList, TwoMarkersAreRefused) {
  offset::run([] {
    auto c = make_chan<int>(1);
    c.send(1);
    EXPECT_THROW(select({otherwise, c.if_recv(), otherwise}), std::invalid_argument);
    EXPECT_THROW(select({timeout(1s), c.if_recv(), timeout(1s)}), std::invalid_argument);
    EXPECT_EQ(c.len(), 1U);
    EXPECT_EQ(select({timeout(1s), otherwise}), 1U);
  });
}

TEST(SelectList, NilCases) {
  offset::run([] {
    auto c = make_chan<int>(1);
    const offset::chan<int> nil;
    std::vector<select_case> list(3);
    list.emplace_back(nil.if_recv());
    list.emplace_back(nil.if_send(1));
    list.emplace_back(c.if_send(4));
    EXPECT_EQ(select(list), 5U);
    list.emplace_back(otherwise);
    EXPECT_EQ(select(list), 6U);
    EXPECT_EQ(select({select_case(), timeout(1ms)}), 1U);
  });
}

TEST(SelectList, OwnedValueIsSentOnce) {
  offset::run([] {
    auto c = make_chan<std::unique_ptr<int>>(3);
    std::vector<select_case> list;
    auto p = std::make_unique<int>(7);
    list.emplace_back(c.if_send(std::move(p)));
    EXPECT_EQ(p, nullptr) << "the case owns it";
    auto copy = list;  // shares the value
    EXPECT_EQ(select(list), 0U);
    list.emplace_back(otherwise);
    copy.emplace_back(otherwise);
    EXPECT_EQ(select(list), 1U) << "nil once it was sent";
    EXPECT_EQ(select(copy), 1U);
    EXPECT_EQ(c.len(), 1U);
    EXPECT_EQ(**c.recv(), 7);
  });
}

TEST(SelectList, OwnedValueStaysWhenNotChosen) {
  offset::run([] {
    test::ledger l;
    auto c = make_chan<test::counted>();
    auto other = make_chan<int>();
    {
      std::vector<select_case> list;
      list.emplace_back(c.if_send(test::counted(&l, 9)));
      list.emplace_back(other.if_recv());
      for (int i = 0; i < 3; ++i) {
        offset::go([=] {
          EXPECT_TRUE(test::await_receivers(other, 1));
          other.send(1);
        });
        EXPECT_EQ(select(list), 1U);
      }
      EXPECT_EQ(l.values.load(), 1);
      auto got = make_chan<int>(1);
      offset::go([=] { got.send(c.recv()->value()); });
      EXPECT_EQ(select(list), 0U);
      EXPECT_EQ(got.recv(), 9);
      list.clear();
      list.emplace_back(c.if_send(test::counted(&l, 10)));  // dropped unsent
    }
    EXPECT_TRUE(test::await([&] { return l.alive.load() == 0; }));
    EXPECT_EQ(l.errors.load(), 0);
    EXPECT_EQ(l.copies.load(), 0);
  });
}

TEST(SelectList, OwnedUnitIsSentOnce) {
  // A void channel has no value to give up: its case may be performed again and again.
  offset::run([] {
    auto c = make_chan<void>(3);
    std::vector<select_case> list;
    list.emplace_back(c.if_send());
    EXPECT_EQ(select(list), 0U);
    EXPECT_EQ(select(list), 0U);
    EXPECT_EQ(c.len(), 2U);
  });
}

TEST(SelectList, LvalueIsReadWhenChosen) {
  offset::run([] {
    auto numbers = make_chan<int>(3);
    auto strings = make_chan<std::string>(3);
    int n = 1;
    std::string s = "one";
    std::vector<select_case> list{numbers.if_send(n)};
    std::vector<select_case> text{strings.if_send(s)};
    select(list);
    select(text);
    n = 2;
    s = "two";
    select(list);
    select(text);
    EXPECT_EQ(numbers.recv(), 1);
    EXPECT_EQ(numbers.recv(), 2);
    EXPECT_EQ(strings.recv(), "one");
    EXPECT_EQ(strings.recv(), "two");
  });
}

TEST(SelectList, LvalueIsReadAnewAfterASelectThatWaited) {
  // A select that had to wait copied the value, and another case was chosen: the next select sends
  // what the variable holds then.
  offset::run([] {
    auto strings = make_chan<std::string>();
    auto other = make_chan<int>();
    std::string s = "old";
    std::vector<select_case> list{strings.if_send(s), other.if_recv()};
    offset::go([=] {
      EXPECT_TRUE(test::await_receivers(other, 1));
      other.send(1);
    });
    EXPECT_EQ(select(list), 1U);
    s = "new";
    auto got = make_chan<std::string>(1);
    offset::go([=] { got.send(*strings.recv()); });
    EXPECT_EQ(select(list), 0U);
    EXPECT_EQ(got.recv(), "new");
  });
}

TEST(SelectList, KeepsItsChannelAlive) {
  offset::run([] {
    std::vector<select_case> list;
    {
      auto c = make_chan<int>(1);
      c.send(5);
      list.emplace_back(c.if_recv());
    }
    EXPECT_EQ(select(list), 0U);
  });
}

TEST(SelectList, AThousandCases) {
  offset::run([] {
    constexpr std::size_t n = 1'000;
    std::vector<offset::chan<std::size_t>> channels;
    std::vector<select_case> list;
    std::vector<std::size_t> out(n);
    for (std::size_t i = 0; i < n; ++i) {
      channels.push_back(make_chan<std::size_t>());
      list.emplace_back(channels.back().if_recv(out[i]));
    }
    auto sent = make_chan<void>();
    offset::go([=] {
      for (std::size_t i = 0; i < n; i += 37) channels[i].send(i + 1);
      sent.send();
    });
    for (std::size_t i = 0; i < n; i += 37) {
      ASSERT_EQ(select(list), i);
      ASSERT_EQ(out[i], i + 1);
    }
    sent.recv();
    for (const auto& c : channels) ASSERT_EQ(test::receivers_of(c), 0U);
    list.emplace_back(otherwise);
    EXPECT_EQ(select(list), n);
    list.back() = timeout(1ms);
    EXPECT_EQ(select(list), n);
    for (const auto& c : channels) ASSERT_EQ(test::receivers_of(c), 0U);
  });
}

TEST(SelectList, SameChannelManyTimes) {
  offset::run([] {
    constexpr std::size_t n = 100;
    auto c = make_chan<int>();
    std::vector<select_case> list;
    std::vector<int> hits(n);
    for (std::size_t i = 0; i < n; ++i) list.emplace_back(c.if_recv([&hits, i] { ++hits[i]; }));
    offset::go([=] {
      for (int i = 0; i < 200; ++i) c.send(i);
    });
    for (int i = 0; i < 200; ++i) {
      const std::size_t at = select(list);
      ASSERT_LT(at, n);
    }
    int sum = 0;
    for (const int h : hits) sum += h;
    EXPECT_EQ(sum, 200);
    EXPECT_EQ(test::receivers_of(c), 0U);
  });
}

TEST(SelectList, SendsAndReceivesOverOneList) {
  offset::run([] {
    // A switch: whatever comes in on any channel goes out on any other.
    constexpr int each = 100;
    std::vector<offset::chan<int>> in;
    auto out = make_chan<int>(4);
    for (int i = 0; i < 5; ++i) {
      auto c = make_chan<int>(i % 2);
      in.push_back(c);
      offset::go([=] {
        for (int v = 0; v < each; ++v) c.send(v);
        c.close();
      });
    }
    offset::go([=] {
      std::vector<offset::recv_chan<int>> open(in.begin(), in.end());
      std::size_t left = open.size();
      while (left > 0) {
        std::optional<int> v;
        std::vector<select_case> list;
        for (const auto& c : open) list.emplace_back(c.if_recv(v));
        const std::size_t at = select(list);
        if (!v) {
          open[at] = {};  // nil: never ready
          --left;
        } else {
          out.send(*v);
        }
      }
      out.close();
    });
    int n = 0;
    long sum = 0;
    for (int v : out) ++n, sum += v;
    EXPECT_EQ(n, 5 * each);
    EXPECT_EQ(sum, 5L * each * (each - 1) / 2);
  });
}

}  // namespace
