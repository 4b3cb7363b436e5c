// Hammers for sync::pool and sync::map, from goroutines, pinned goroutines and plain threads: no
// object of a pool is lost or doubled, and a map does what a map under one lock would.
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

template <class F>
void everybody(int goroutines, int threads, F f) {
  offset::run([&] {
    offset::sync::wait_group all;
    int next = 0;
    for (int i = 0; i < goroutines; ++i) all.go([&f, n = next++] { f(n); });
    all.add(1);
    offset::go({.pinned = true}, [&f, &all, n = next++] {
      f(n);
      all.done();
    });
    std::vector<std::thread> plain;
    for (int i = 0; i < threads; ++i) plain.emplace_back([&f, n = next++] { f(n); });
    all.wait();
    for (std::thread& t : plain) t.join();
  });
}

using shared = stress::watched;

// Each object knows whether somebody has it; in the end none is missing.
TEST_F(shared, pool) {
  struct object {
    explicit object(std::atomic<long>& a) : alive(&a) { alive->fetch_add(1); }
    object(const object&) = delete;
    object& operator=(const object&) = delete;
    ~object() { alive->fetch_sub(1); }
    std::atomic<long>* alive;
    std::atomic<int> owners{0};
    long uses = 0;  // a race on it shows an object that two have
  };
  std::atomic<long> alive{0};
  std::atomic<long> made{0};
  std::atomic<long> uses{0};
  long left = 0;
  {
    offset::sync::pool<std::unique_ptr<object>> p([&] {
      made.fetch_add(1);
      return std::make_unique<object>(alive);
    });
    everybody(10, 3, [&](int who) {
      dice d(static_cast<std::uint64_t>(who) + 1);
      std::vector<std::unique_ptr<object>> mine;
      for (long i = 0; i < rounds(10'000); ++i) {
        if (mine.size() < d.below(8)) {
          auto o = p.get();
          if (o == nullptr || o->owners.fetch_add(1) != 0) std::abort();
          ++o->uses;
          uses.fetch_add(1, std::memory_order_relaxed);
          mine.push_back(std::move(o));
        } else if (!mine.empty()) {
          auto o = std::move(mine.back());
          mine.pop_back();
          if (o->owners.fetch_sub(1) != 1) std::abort();
          p.put(std::move(o));
        }
        if (d.below(64) == 0) offset::yield();
      }
      for (auto& o : mine) {
        o->owners.fetch_sub(1);
        p.put(std::move(o));
      }
    });
    // There is room for all of them: what was made is there, and was used as often as was counted.
    EXPECT_EQ(alive.load(), made.load());
    const long total = made.load();
    long counted = 0;
    std::set<object*> seen;
    std::vector<std::unique_ptr<object>> all;
    for (long i = 0; i < total; ++i) {
      all.push_back(p.get());
      EXPECT_TRUE(seen.insert(all.back().get()).second);
      EXPECT_EQ(all.back()->owners.load(), 0);
      counted += all.back()->uses;
    }
    EXPECT_EQ(made.load(), total) << "one was lost";
    EXPECT_EQ(counted, uses.load());
    left = 10;
    for (long i = 0; i < left && !all.empty(); ++i) {
      p.put(std::move(all.back()));
      all.pop_back();
    }
  }
  EXPECT_EQ(alive.load(), 0);
}

// More put than there is room for.
TEST_F(shared, pool_overflows) {
  std::atomic<long> alive{0};
  {
    offset::sync::pool<std::unique_ptr<stress::counted>> p;
    everybody(6, 2, [&](int who) {
      dice d(static_cast<std::uint64_t>(who) + 1);
      for (long i = 0; i < rounds(10'000); ++i) {
        if (d.below(4) == 0)
          (void)p.get();
        else
          p.put(std::make_unique<stress::counted>(alive));
      }
    });
    EXPECT_LE(alive.load(), 64 * 32);
  }
  EXPECT_EQ(alive.load(), 0);
}

// Every key has a counter, changed by compare_and_swap and by taking it out and putting it back.
TEST_F(shared, map_counts) {
  constexpr int keys = 40;
  offset::sync::map<int, std::string> m;
  std::vector<std::atomic<long>> added(keys);
  for (int k = 0; k < keys; ++k) m.store(k, "0");
  everybody(10, 3, [&](int who) {
    dice d(static_cast<std::uint64_t>(who) + 1);
    for (long i = 0; i < rounds(4'000); ++i) {
      const int k = static_cast<int>(d.below(keys));
      if (d.below(4) == 0) {
        if (const auto v = m.load_and_erase(k)) {
          const std::string next = std::to_string(std::stol(*v) + 1);
          if (d.below(32) == 0) offset::yield();
          const auto [there, loaded] = m.load_or_store(k, next);
          if (loaded) std::abort();  // only who took it out puts it back
          added[static_cast<std::size_t>(k)].fetch_add(1);
        }
      } else if (const auto v = m.load(k)) {
        if (m.compare_and_swap(k, *v, std::to_string(std::stol(*v) + 1)))
          added[static_cast<std::size_t>(k)].fetch_add(1);
      }
    }
  });
  for (int k = 0; k < keys; ++k)
    EXPECT_EQ(m.load(k), std::to_string(added[static_cast<std::size_t>(k)].load())) << k;
}

// range, stores, erases and clears at once: no key comes twice, no value is another key's, and what
// is there all along is seen. All that was stored dies.
TEST_F(shared, map_range) {
  std::atomic<long> alive{0};
  struct value {
    int key;
    stress::counted one;
  };
  constexpr int fixed = 50;
  constexpr int moving = 200;
  {
    offset::sync::map<int, value> m;
    offset::sync::map<int, int> cleared;
    for (int k = 0; k < fixed; ++k) m.store(-1 - k, {-1 - k, stress::counted(alive)});
    everybody(8, 2, [&](int who) {
      dice d(static_cast<std::uint64_t>(who) + 1);
      for (long i = 0; i < rounds(2'000); ++i) {
        const int k = static_cast<int>(d.below(moving));
        switch (d.below(16)) {
          case 0: {
            std::set<int> seen;
            int there = 0;
            m.range([&](const int& key, const value& v) {
              if (v.key != key || !seen.insert(key).second) std::abort();
              if (key < 0) ++there;
              if (key >= 0 && seen.size() % 32 == 0) m.erase(key);
              return true;
            });
            if (there != fixed) std::abort();
            break;
          }
          case 1: cleared.clear(); break;
          case 2: cleared.store(k, k); break;
          case 3:
            cleared.range([](int key, int v) {
              if (key != v) std::abort();
            });
            break;
          case 4:
          case 5:
          case 6: m.erase(k); break;
          case 7:
            if (const auto old = m.swap(k, {k, stress::counted(alive)}); old && old->key != k)
              std::abort();
            break;
          default:
            if (d.below(2) == 0)
              m.store(k, {k, stress::counted(alive)});
            else if (const auto v = m.load(k); v && v->key != k)
              std::abort();
        }
      }
    });
  }
  EXPECT_EQ(alive.load(), 0);
}

// clear is at one moment: of keys that are stored in order meanwhile, it takes out the first ones.
TEST_F(shared, map_clear_is_one_moment) {
  offset::run([] {
    constexpr int keys = 64;  // in many parts
    for (long i = 0; i < rounds(1'000); ++i) {
      offset::sync::map<int, int> m;
      offset::sync::wait_group both;
      both.go([&] {
        for (int k = 0; k < keys; ++k) m.store(k, k);
      });
      both.go([&] {
        stress::burn(static_cast<unsigned>(i % 512) * 8);
        m.clear();
      });
      both.wait();
      bool present = false;
      for (int k = 0; k < keys; ++k) {
        const bool now = m.load(k).has_value();
        if (present && !now) std::abort();
        present = now;
      }
    }
  });
}

}  // namespace
