// once, single_flight, pool and map: what many use and few make.
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "model.h"

using namespace std::chrono_literals;
using model::dice;
using model::us;
using offset::op_status;
using offset::sync::once;
using offset::sync::wait_group;

namespace {

using SharedModel = model::test;

TEST_F(SharedModel, OnceIsOnceAndOverForAll) {
  explore([] {
    dice d;
    once o;
    const bool throws = d.one_in(3);
    int runs = 0;
    bool finished = false;
    int caught = 0;
    int gave_up = 0;
    wait_group all;
    const auto value = offset::sync::once_value([&] {
      offset::yield();
      return std::make_unique<int>(++runs);
    });
    for (int i = 0; i < 4; ++i)
      all.go([&, i] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        const auto f = [&] {
          ++runs;
          offset::time::sleep(2us);
          finished = true;
          if (throws) throw std::runtime_error("once");
        };
        try {
          if (mine.one_in(3)) {
            const auto [ctx, cancel] = model::for_a_while(mine, 3);
            if (o.call(ctx, f) != op_status::ok) {
              ++gave_up;
              return;
            }
          } else {
            o.call(f);
          }
        } catch (const std::runtime_error&) {
          ++caught;
        }
        EXPECT_TRUE(finished) << "returned before it was over";
        EXPECT_EQ(*value(), 2);
      });
    all.wait();
    EXPECT_EQ(runs, gave_up == 4 ? 0 : 2);
    EXPECT_EQ(caught, throws && runs != 0 ? 1 : 0);
  });
}

TEST_F(SharedModel, ASingleFlightAnswersWithACallThatWasUnderWay) {
  explore([] {
    offset::sync::single_flight<int, int> flights;
    wait_group all;
    int clock = 0;
    struct call {
      int ended = 0;     // its function
      int answered = 0;  // the first that it answered
    };
    std::vector<call> calls;
    int under_way = 0;
    std::vector<int> users;
    std::vector<bool> said_shared;
    for (int i = 0; i < 4; ++i)
      all.go([&, i] {
        dice mine(static_cast<std::uint64_t>(i) + 1);
        for (int k = 0; k < 2; ++k) {
          const int came = ++clock;
          const auto f = [&] {
            EXPECT_EQ(++under_way, 1) << "two for one key";
            const std::size_t at = calls.size();
            calls.emplace_back();
            users.push_back(0);
            said_shared.push_back(false);
            offset::time::sleep(us(mine.below(3)));
            calls[at].ended = ++clock;
            --under_way;
            return static_cast<int>(at);
          };
          std::optional<offset::sync::single_flight<int, int>::result> r;
          if (mine.one_in(3)) {
            const auto [ctx, cancel] = model::for_a_while(mine, 2);
            r = flights.run(ctx, 7, f);
          } else if (mine.one_in(3)) {
            r = flights.run_chan(7, f).recv();
          } else {
            r = flights.run(7, f);
          }
          const int back = ++clock;
          if (!r) continue;
          const auto at = static_cast<std::size_t>(r->value);
          EXPECT_GT(back, calls[at].ended);
          if (calls[at].answered == 0) calls[at].answered = back;
          EXPECT_LT(came, calls[at].answered) << "an old answer";
          ++users[at];
          said_shared[at] = said_shared[at] || r->shared;
        }
      });
    all.wait();
    for (std::size_t at = 0; at < calls.size(); ++at) {
      if (users[at] > 1) {
        EXPECT_TRUE(said_shared[at]);
      }
    }
    EXPECT_EQ(under_way, 0);
  });
}

TEST_F(SharedModel, APoolGivesAnObjectToOneAtATime) {
  explore([] {
    int made = 0;
    int alive = 0;
    struct object {
      explicit object(int& n) : alive(&n) { ++n; }
      object(const object&) = delete;
      object& operator=(const object&) = delete;
      ~object() { --*alive; }
      int* alive;
      bool used = false;
    };
    {
      offset::sync::pool<std::unique_ptr<object>> pool([&] {
        ++made;
        offset::yield();
        return std::make_unique<object>(alive);
      });
      wait_group all;
      for (int i = 0; i < 4; ++i)
        all.go([&] {
          for (int k = 0; k < 3; ++k) {
            auto o = pool.get();
            EXPECT_NE(o, nullptr);
            EXPECT_FALSE(std::exchange(o->used, true));
            offset::yield();
            o->used = false;
            pool.put(std::move(o));
          }
        });
      all.wait();
      EXPECT_LE(made, 4) << "no more than were used at the same time";
      EXPECT_EQ(alive, made);
    }
    EXPECT_EQ(alive, 0);
  });
}

TEST_F(SharedModel, AMapChangesAtOneMoment) {
  explore([] {
    offset::sync::map<int, int> map;
    wait_group all;
    int stored = 0;
    int added = 0;
    int erased = 0;
    map.store(9, 0);
    for (int i = 0; i < 4; ++i)
      all.go([&, i] {
        for (int k = 0; k < 2; ++k)
          if (!map.load_or_store(k, i).second) ++stored;
        for (int k = 0; k < 3; ++k) {
          const int before = map.load(9).value_or(-1);
          offset::yield();
          if (map.compare_and_swap(9, before, before + 1)) ++added;
        }
        if (map.load_and_erase(0)) ++erased;
      });
    all.wait();
    EXPECT_EQ(map.load(9), added);
    EXPECT_GE(added, 3);
    EXPECT_EQ(stored - erased, 1 + (map.load(0) ? 1 : 0));
  });
}

}  // namespace
