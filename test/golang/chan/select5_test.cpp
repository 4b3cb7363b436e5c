// Go: test/chan/select5.go, a program that writes a program: every way to spell a receive and a
// send, alone and in a select, with a default before, after or not at all, and with any of four
// cases that can never be chosen beside it. Here the spellings are tables, and the companions are
// the bits of a number: at run time for a list of cases, at compile time for the variadic form.
#include <any>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"
#include "../../support/where.h"

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::select_case;

namespace {

/// A select's companions: none of them may be chosen.
enum companion : unsigned {
  default_before = 1,
  default_after = 2,
  dummy_send = 4,
  dummy_receive = 8,
  nil_send = 16,
  nil_receive = 32,
};
constexpr unsigned all_sets = 64;
constexpr bool possible(unsigned set) {  // one default at most
  return (set & (default_before | default_after)) != (default_before | default_after);
}
constexpr bool waits(unsigned set) { return (set & (default_before | default_after)) == 0; }

const int one = 1;

struct fixture {
  chan<int> c = make_chan<int>(1);
  chan<int> dummy = make_chan<int>();
  chan<int> nil;
  int n = 1;  // what is sent; another one each time
  int x = 0;  // what was received
  bool ok = false;
  std::any i;
  std::map<int, int> m;
  std::optional<int> o;
  void clear() {
    x = 0;
    ok = false;
    i.reset();
    m.clear();
    o.reset();
  }
};

auto never(const char* what) {
  return [what] { ADD_FAILURE() << what << " was chosen"; };
}

/// The list of `it` and its companions; answers where `it` stands.
std::size_t with_companions(const fixture& f, unsigned set, select_case it,
                            std::vector<select_case>& list) {
  if ((set & default_before) != 0) list.emplace_back(otherwise(never("default")));
  const std::size_t position = list.size();
  list.push_back(std::move(it));
  if ((set & default_after) != 0) list.emplace_back(otherwise(never("default")));
  if ((set & dummy_send) != 0) list.emplace_back(f.dummy.if_send(one, never("dummy send")));
  if ((set & dummy_receive) != 0) list.emplace_back(f.dummy.if_recv(never("dummy receive")));
  if ((set & nil_send) != 0) list.emplace_back(f.nil.if_send(one, never("nil send")));
  if ((set & nil_receive) != 0) list.emplace_back(f.nil.if_recv(never("nil receive")));
  return position;
}

// The same for the variadic select, whose cases are counted by the compiler.
template <bool On, class Make>
auto maybe(Make make) {
  if constexpr (On)
    return std::tuple<decltype(make())>(make());
  else
    return std::tuple<>();
}
template <unsigned Set, class Case>
void select_fixed(const fixture& f, Case it) {
  auto cases = std::tuple_cat(
      maybe<(Set & default_before) != 0>([] { return otherwise(never("default")); }),
      std::tuple<Case>(std::move(it)),
      maybe<(Set & default_after) != 0>([] { return otherwise(never("default")); }),
      maybe<(Set & dummy_send) != 0>([&] { return f.dummy.if_send(one, never("dummy send")); }),
      maybe<(Set & dummy_receive) != 0>([&] { return f.dummy.if_recv(never("dummy receive")); }),
      maybe<(Set & nil_send) != 0>([&] { return f.nil.if_send(one, never("nil send")); }),
      maybe<(Set & nil_receive) != 0>([&] { return f.nil.if_recv(never("nil receive")); }));
  const std::size_t chosen = std::apply([](auto&... all) { return select(all...); }, cases);
  EXPECT_EQ(chosen, (Set & default_before) != 0 ? 1U : 0U) << "companions " << Set;
}
// A receive that is ready, or whose sender comes only once the select waits.
void offer(const fixture& f, bool waiting) {
  if (!waiting)
    f.c.send(f.n);
  else
    offset::go([c = f.c, n = f.n] {
      if (!test::await_receivers(c, 1)) ADD_FAILURE() << "the receive never waits";
      c.send(n);
    });
}

struct receive_spelling {
  const char* name;
  select_case (*make)(fixture&);
  int (*result)(fixture&);
};
const receive_spelling receives[] = {
    {"out parameter", [](fixture& f) -> select_case { return f.c.if_recv(f.x); },
     [](fixture& f) { return f.x; }},
    {"out parameter and ok", [](fixture& f) -> select_case { return f.c.if_recv(f.x, f.ok); },
     [](fixture& f) { return f.ok ? f.x : -1; }},
    {"optional", [](fixture& f) -> select_case { return f.c.if_recv(f.o); },
     [](fixture& f) { return f.o.value_or(-1); }},
    {"handler of the value",
     [](fixture& f) -> select_case { return f.c.if_recv([&f](int y) { f.x = y; }); },
     [](fixture& f) { return f.x; }},
    {"handler of an optional",
     [](fixture& f) -> select_case {
       return f.c.if_recv([&f](std::optional<int> y) { f.x = y.value_or(-1); });
     },
     [](fixture& f) { return f.x; }},
    {"into an any", [](fixture& f) -> select_case { return f.c.if_recv([&f](int y) { f.i = y; }); },
     [](fixture& f) { return std::any_cast<int>(f.i); }},
    {"into a map's slot", [](fixture& f) -> select_case { return f.c.if_recv(f.m[13]); },
     [](fixture& f) { return f.m.at(13); }},
    {"dropped, with a handler",
     [](fixture& f) -> select_case { return f.c.if_recv([&f] { f.x = f.n; }); },
     [](fixture& f) { return f.x; }},
};

TEST(Select5, ReceiveList) {
  offset::run([] {
    fixture f;
    for (const bool waiting : {false, true})
      for (const receive_spelling& spelling : receives)
        for (unsigned set = 0; set < all_sets; ++set) {
          if (!possible(set) || (waiting && !waits(set))) continue;
          const test::where here(std::string(spelling.name) + ", companions " +
                                 std::to_string(set));
          f.clear();
          std::vector<select_case> list;
          const std::size_t at = with_companions(f, set, spelling.make(f), list);
          offer(f, waiting);
          EXPECT_EQ(select(list), at);
          EXPECT_EQ(spelling.result(f), f.n);
          ++f.n;
        }
  });
}

// Outside a select.
TEST(Select5, ReceivePlain) {
  offset::run([] {
    fixture f;
    for (const bool waiting : {false, true}) {
      offer(f, waiting);
      EXPECT_EQ(f.c.recv(), f.n++);
      offer(f, waiting);
      EXPECT_TRUE(f.c.recv(f.x));
      EXPECT_EQ(f.x, f.n++);
      offer(f, waiting);
      EXPECT_TRUE(f.c.recv(f.m[13]));
      EXPECT_EQ(f.m[13], f.n++);
      offer(f, waiting);
      f.i = f.c.recv().value();
      EXPECT_EQ(std::any_cast<int>(f.i), f.n++);
      offer(f, waiting);
      for (int y : f.c) {
        f.x = y;
        break;
      }
      EXPECT_EQ(f.x, f.n++);
    }
    f.c.send(f.n);
    EXPECT_EQ(f.c.try_recv(f.x), offset::op_status::ok);
    EXPECT_EQ(f.x, f.n++);
  });
}

template <unsigned Set, class Make>
void receive_fixed(fixture& f, Make make) {
  if constexpr (possible(Set)) {
    for (const bool waiting : {false, true}) {
      if (waiting && !waits(Set)) continue;
      f.clear();
      offer(f, waiting);
      select_fixed<Set>(f, make(f));
      EXPECT_EQ(f.x, f.n) << "companions " << Set;
      ++f.n;
    }
  }
}
template <class Make, unsigned... Set>
void receive_each(std::integer_sequence<unsigned, Set...>, fixture& f, Make make) {
  (receive_fixed<Set>(f, make), ...);
}
// For spellings that differ only in where the value goes: alone and among everything.
using few_sets = std::integer_sequence<unsigned, 0, default_before, default_after, 60,
                                       60 | default_before, 60 | default_after>;

TEST(Select5, ReceiveFixed) {
  offset::run([] {
    fixture f;
    receive_each(std::make_integer_sequence<unsigned, all_sets>(), f,
                 [](fixture& g) { return g.c.if_recv(g.x); });
    receive_each(few_sets(), f, [](fixture& g) { return g.c.if_recv(g.x, g.ok); });
    EXPECT_TRUE(f.ok);
    receive_each(few_sets(), f, [](fixture& g) { return g.c.if_recv([&g](int y) { g.x = y; }); });
    receive_each(few_sets(), f, [](fixture& g) {
      return g.c.if_recv([&g](std::optional<int> y) { g.x = y.value_or(-1); });
    });
    receive_each(few_sets(), f, [](fixture& g) { return g.c.if_recv([&g] { g.x = g.n; }); });
  });
}

// A send: into the buffer, or to a receiver that comes only once the select waits.
void after_send(fixture& f, bool waiting, const chan<int>& result) {
  if (waiting)
    EXPECT_EQ(result.recv(), f.n);
  else
    EXPECT_EQ(f.c.recv(), f.n);
  ++f.n;
}
void before_send(const fixture& f, bool waiting, const chan<int>& result) {
  if (waiting) {
    f.c.send(0);  // full
    offset::go([c = f.c, result] {
      if (!test::await_senders(c, 1)) ADD_FAILURE() << "the send never waits";
      EXPECT_EQ(c.recv(), 0);
      result.send(c.recv().value());
    });
  }
}

struct send_spelling {
  const char* name;
  select_case (*make)(fixture&);
};
const send_spelling sends[] = {
    {"lvalue", [](fixture& f) -> select_case { return f.c.if_send(f.n); }},
    {"rvalue", [](fixture& f) -> select_case { return f.c.if_send(int(f.n)); }},
    {"another type",
     [](fixture& f) -> select_case { return f.c.if_send(static_cast<short>(f.n)); }},
    {"with a handler",
     [](fixture& f) -> select_case { return f.c.if_send(f.n, [&f] { f.ok = true; }); }},
    {"through a sending end",
     [](fixture& f) -> select_case { return offset::send_chan<int>(f.c).if_send(f.n); }},
};

TEST(Select5, SendList) {
  offset::run([] {
    fixture f;
    const auto result = make_chan<int>(1);
    for (const bool waiting : {false, true})
      for (const send_spelling& spelling : sends)
        for (unsigned set = 0; set < all_sets; ++set) {
          if (!possible(set) || (waiting && !waits(set))) continue;
          const test::where here(std::string(spelling.name) + ", companions " +
                                 std::to_string(set));
          std::vector<select_case> list;
          const std::size_t at = with_companions(f, set, spelling.make(f), list);
          before_send(f, waiting, result);
          EXPECT_EQ(select(list), at);
          after_send(f, waiting, result);
        }
    EXPECT_TRUE(f.ok);
  });
}

template <unsigned... Set>
void send_each(std::integer_sequence<unsigned, Set...>, fixture& f) {
  const auto result = make_chan<int>(1);
  for (const bool waiting : {false, true})
    (
        [&] {
          if constexpr (possible(Set)) {
            if (waiting && !waits(Set)) return;
            before_send(f, waiting, result);
            select_fixed<Set>(f, f.c.if_send(f.n));
            after_send(f, waiting, result);
          }
        }(),
        ...);
}

TEST(Select5, SendFixed) {
  offset::run([] {
    fixture f;
    send_each(std::make_integer_sequence<unsigned, all_sets>(), f);
  });
}

// Operands in order. Braces evaluate from left to right, which a call's arguments need not; a
// destination that must wait for the choice is a handler (order 100). An absent case is an empty
// one.
class order {
 public:
  const chan<int>& channel(const chan<int>& c, int o) { return check(o), c; }
  int value(int v, int o) { return check(o), v; }
  int& place(int& p, int o) { return check(o), p; }
  void restart() { last_ = 0; }

 private:
  void check(int o) {
    EXPECT_GT(o, last_) << "evaluated out of order";
    last_ = o;
  }
  int last_ = 0;
};

select_case default_if(bool on) {
  return on ? select_case(otherwise(never("default"))) : select_case();
}

TEST(Select5, ReceiveOrder) {
  offset::run([] {
    fixture f;
    order in;
    for (int destination = 0; destination < 3; ++destination)
      for (unsigned set = 0; set < all_sets; ++set) {
        if (!possible(set)) continue;
        const test::where here("companions " + std::to_string(set));
        f.clear();
        in.restart();
        f.c.send(f.n);
        const auto it = [&]() -> select_case {
          const chan<int>& c = in.channel(f.c, 1);
          if (destination == 0) return c.if_recv([&](int v) { in.place(f.x, 100) = v; });
          if (destination == 1) return c.if_recv(f.x);
          return c.if_recv([&](int v) { f.m[in.value(13, 100)] = v, f.x = f.m[13]; });
        };
        EXPECT_EQ(
            select({
                default_if((set & default_before) != 0),
                it(),
                default_if((set & default_after) != 0),
                (set & dummy_send) != 0
                    ? in.channel(f.dummy, 2).if_send(in.value(1, 3), never("dummy send"))
                    : select_case(),
                (set & dummy_receive) != 0 ? in.channel(f.dummy, 4).if_recv(never("dummy receive"))
                                           : select_case(),
                (set & nil_send) != 0
                    ? in.channel(f.nil, 5).if_send(in.value(1, 6), never("nil send"))
                    : select_case(),
                (set & nil_receive) != 0 ? in.channel(f.nil, 7).if_recv(never("nil receive"))
                                         : select_case(),
            }),
            1U);
        EXPECT_EQ(f.x, f.n);
        ++f.n;
      }
  });
}

TEST(Select5, SendOrder) {
  offset::run([] {
    fixture f;
    order in;
    in.channel(f.c, 1).send(in.value(f.n, 2));
    EXPECT_EQ(f.c.recv(), f.n++);
    for (unsigned set = 0; set < all_sets; ++set) {
      if (!possible(set)) continue;
      const test::where here("companions " + std::to_string(set));
      in.restart();
      EXPECT_EQ(
          select({
              default_if((set & default_before) != 0),
              in.channel(f.c, 1).if_send(in.value(f.n, 2)),
              default_if((set & default_after) != 0),
              (set & dummy_send) != 0
                  ? in.channel(f.dummy, 3).if_send(in.value(1, 4), never("dummy send"))
                  : select_case(),
              (set & dummy_receive) != 0 ? in.channel(f.dummy, 5).if_recv(never("dummy receive"))
                                         : select_case(),
              (set & nil_send) != 0
                  ? in.channel(f.nil, 6).if_send(in.value(1, 7), never("nil send"))
                  : select_case(),
              (set & nil_receive) != 0 ? in.channel(f.nil, 8).if_recv(never("nil receive"))
                                       : select_case(),
          }),
          1U);
      EXPECT_EQ(f.c.recv(), f.n);
      ++f.n;
    }
  });
}

// Nothing is ready: the default is taken wherever it stands, and no destination is touched.
TEST(Select5, NonBlock) {
  offset::run([] {
    fixture f;
    const auto crash = [](int v) {
      int* nowhere = nullptr;
      *nowhere = v;
    };
    using maker = select_case (*)(fixture&);
    const maker fill[] = {
        [](fixture& g) -> select_case { return g.dummy.if_send(one, never("dummy <- 1")); },
        [](fixture& g) -> select_case { return g.nil.if_send(one, never("nil <- 1")); },
        [](fixture& g) -> select_case { return g.dummy.if_recv(); },
        [](fixture& g) -> select_case { return g.dummy.if_recv(g.x); },
        [](fixture& g) -> select_case { return g.nil.if_recv(); },
        [](fixture& g) -> select_case { return g.nil.if_recv(g.x, g.ok); },
    };
    for (const bool first : {true, false})
      for (unsigned set = 0; set < (1U << std::size(fill)); ++set)
        for (const bool with_crash : {false, true}) {
          f.ok = true;
          f.x = f.n;
          std::vector<select_case> list;
          std::size_t at = 0;
          if (first) list.emplace_back(otherwise);
          for (std::size_t k = 0; k < std::size(fill); ++k)
            if ((set >> k & 1U) != 0) list.push_back(fill[k](f));
          if (with_crash) {
            list.emplace_back(f.dummy.if_recv(crash));
            list.emplace_back(f.nil.if_recv(crash));
          }
          if (!first) {
            at = list.size();
            list.emplace_back(otherwise);
          }
          EXPECT_EQ(select(list), at);
          EXPECT_EQ(f.x, f.n);
          EXPECT_TRUE(f.ok);
          ++f.n;
        }
    // The variadic form.
    f.x = f.n;
    EXPECT_EQ(select(otherwise), 0U);
    EXPECT_EQ(select(f.dummy.if_send(one), otherwise), 1U);
    EXPECT_EQ(select(otherwise, f.nil.if_send(one)), 0U);
    EXPECT_EQ(select(f.dummy.if_recv(f.x), otherwise), 1U);
    EXPECT_EQ(select(f.nil.if_recv(f.x), otherwise), 1U);
    EXPECT_EQ(select(f.dummy.if_recv(crash), otherwise, f.nil.if_recv(crash)), 1U);
    EXPECT_EQ(select(f.dummy.if_send(one), f.nil.if_send(one), f.dummy.if_recv(),
                     f.dummy.if_recv(f.x), f.dummy.if_recv(crash), f.nil.if_recv(),
                     f.nil.if_recv(f.x), f.nil.if_recv(crash), otherwise),
              8U);
    EXPECT_EQ(f.x, f.n);
  });
}

}  // namespace
