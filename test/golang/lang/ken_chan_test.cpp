// Go: test/ken/chan.go. Senders, receivers and selects of eight cases, in every combination, over
// channels of four buffer sizes: each channel's values arrive complete and in order. A channel that
// has had its share is made nil in the select.
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"
#include "../../support/where.h"

using offset::chan;
using offset::make_chan;
using offset::select;

namespace {

// One channel and where its two sides are in its values: base, base + 1 .. base + 75.
struct lane {
  chan<int> sc, rc;
  int sv = 0, rv = 0;
};
constexpr int end = -1;
constexpr int values = 76;

class ken_chan {
 public:
  explicit ken_chan(int capacity) : capacity_(capacity) {}
  ~ken_chan() = default;

  void run_all() {
    std::vector<lane*> c = lanes(4);
    for (lane* l : c) {
      spawn([this, l] { send_all(*l); });
      spawn([this, l] { receive_all(*l); });
    }
    wait();

    c = lanes(4);
    for (lane* l : c) spawn([this, l] { send_all(*l); });
    spawn_select({c[0], c[1], c[2], c[3]}, {});
    wait();

    c = lanes(4);
    for (lane* l : c) spawn([this, l] { receive_all(*l); });
    spawn_select({}, {c[0], c[1], c[2], c[3]});
    wait();

    c = lanes(4);
    spawn_select({}, {c[0], c[1], c[2], c[3]});
    spawn_select({c[0], c[1], c[2], c[3]}, {});
    wait();

    c = lanes(8);
    spawn_select({c[4], c[5], c[6], c[7]}, {c[0], c[1], c[2], c[3]});
    spawn_select({c[0], c[1], c[2], c[3]}, {c[4], c[5], c[6], c[7]});
    wait();

    c = lanes(12);
    for (std::size_t i : {4U, 5U, 6U, 7U}) spawn([this, l = c[i]] { send_all(*l); });
    for (std::size_t i : {8U, 9U, 10U, 11U}) spawn([this, l = c[i]] { receive_all(*l); });
    spawn_select({c[4], c[5], c[6], c[7]}, {c[0], c[1], c[2], c[3]});
    spawn_select({c[0], c[1], c[2], c[3]}, {c[8], c[9], c[10], c[11]});
    wait();

    constexpr int total = (4 * 4 + 8 + 12) * values;
    EXPECT_EQ(sent_, total);
    EXPECT_EQ(received_, total);
  }

 private:
  using four = std::array<lane*, 4>;

  std::vector<lane*> lanes(std::size_t n) {
    std::vector<lane*> made;
    for (std::size_t i = 0; i < n; ++i) {
      base_ += 100;
      auto c = make_chan<int>(capacity_);
      all_.push_back(std::make_unique<lane>(lane{c, c, base_, base_}));
      made.push_back(all_.back().get());
    }
    return made;
  }
  template <class F>
  void spawn(F f) {
    group_.go(f);
  }
  void spawn_select(four receive, four send) {
    spawn([=, this] { select_all(receive, send); });
  }
  void wait() { group_.wait(); }

  static int next(int v) { return v % 100 == values - 1 ? end : v + 1; }
  void give_way(int below) {
    for (unsigned r = seed_.fetch_add(10007) % static_cast<unsigned>(below) + 1; r > 0; --r)
      offset::yield();
  }
  // Whether that was its last.
  bool was_sent(lane& l) {
    ++sent_;
    l.sv = next(l.sv);
    if (l.sv == end) l.sc = {};
    return l.sv == end;
  }
  bool was_received(lane& l, int v) {
    ++received_;
    EXPECT_EQ(v, l.rv);
    l.rv = next(l.rv);
    if (l.rv == end) l.rc = {};
    return l.rv == end;
  }
  void send_all(lane& l) {
    do {
      give_way(10);
      l.sc.send(l.sv);
    } while (!was_sent(l));
  }
  void receive_all(lane& l) {
    int v = 0;
    do {
      give_way(10);
      v = l.rc.recv().value();
    } while (!was_received(l, v));
  }
  void select_all(four receive, four send) {
    lane none;
    int left = 0;
    for (four* side : {&receive, &send})
      for (lane*& l : *side) {
        if (l == nullptr)
          l = &none;
        else
          ++left;
      }
    const auto& [r0, r1, r2, r3] = receive;
    const auto& [s0, s1, s2, s3] = send;
    while (left > 0) {
      give_way(5);
      int v = 0;
      const std::size_t at =
          select(r0->rc.if_recv(v), r1->rc.if_recv(v), r2->rc.if_recv(v), r3->rc.if_recv(v),
                 s0->sc.if_send(s0->sv), s1->sc.if_send(s1->sv), s2->sc.if_send(s2->sv),
                 s3->sc.if_send(s3->sv));
      const bool last = at < 4 ? was_received(*receive[at], v) : was_sent(*send[at - 4]);
      if (last) --left;
    }
  }

  const int capacity_;
  int base_ = 0;
  std::vector<std::unique_ptr<lane>> all_;
  offset::sync::wait_group group_;
  std::atomic<int> sent_{0}, received_{0};
  std::atomic<unsigned> seed_{0};
};

TEST(KenChan, EveryCombination) {
  offset::run([] {
    for (int capacity : {0, 1, 10, 100}) {
      const test::where here("capacity " + std::to_string(capacity));
      ken_chan(capacity).run_all();
    }
  });
}

}  // namespace
