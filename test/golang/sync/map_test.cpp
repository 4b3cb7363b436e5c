// sync/map_test.go, with what newer versions of Go have added to it.
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::run;

namespace {

using text_map = offset::sync::map<std::string, std::string>;
using content = std::map<std::string, std::string>;

// What the maps are compared with: one lock around a std::map.
class locked_map {
 public:
  void store(const std::string& k, const std::string& v) {
    const std::unique_lock hold(lock_);
    of_[k] = v;
  }
  std::optional<std::string> load(const std::string& k) {
    const std::shared_lock hold(lock_);
    const auto at = of_.find(k);
    return at != of_.end() ? std::optional(at->second) : std::nullopt;
  }
  std::pair<std::string, bool> load_or_store(const std::string& k, const std::string& v) {
    const std::unique_lock hold(lock_);
    const auto [at, fresh] = of_.try_emplace(k, v);
    return {at->second, !fresh};
  }
  std::optional<std::string> load_and_erase(const std::string& k) {
    const std::unique_lock hold(lock_);
    const auto at = of_.find(k);
    if (at == of_.end()) return std::nullopt;
    std::string v = at->second;
    of_.erase(at);
    return v;
  }
  void erase(const std::string& k) { (void)load_and_erase(k); }
  std::optional<std::string> swap(const std::string& k, const std::string& v) {
    const auto old = load_and_erase(k);
    store(k, v);
    return old;
  }
  bool compare_and_swap(const std::string& k, const std::string& old, const std::string& v) {
    if (load(k) != old) return false;
    store(k, v);
    return true;
  }
  bool compare_and_erase(const std::string& k, const std::string& old) {
    if (load(k) != old) return false;
    erase(k);
    return true;
  }
  void clear() { of_.clear(); }
  template <class F>
  void range(F f) {
    for (const auto& [k, v] : of_)
      if (!f(k, v)) return;
  }

 private:
  offset::sync::rw_mutex lock_;
  content of_;
};

// The same against a map that is copied for every change.
class copied_map {
 public:
  void store(const std::string& k, const std::string& v) {
    change([&](content& c) { c[k] = v; });
  }
  std::optional<std::string> load(const std::string& k) {
    const auto now = of_;
    const auto at = now->find(k);
    return at != now->end() ? std::optional(at->second) : std::nullopt;
  }
  std::pair<std::string, bool> load_or_store(const std::string& k, const std::string& v) {
    if (auto there = load(k)) return {*there, true};
    store(k, v);
    return {v, false};
  }
  std::optional<std::string> load_and_erase(const std::string& k) {
    auto there = load(k);
    change([&](content& c) { c.erase(k); });
    return there;
  }
  void erase(const std::string& k) { (void)load_and_erase(k); }
  std::optional<std::string> swap(const std::string& k, const std::string& v) {
    auto there = load(k);
    store(k, v);
    return there;
  }
  bool compare_and_swap(const std::string& k, const std::string& old, const std::string& v) {
    const bool equal = load(k) == old;
    if (equal) store(k, v);
    return equal;
  }
  bool compare_and_erase(const std::string& k, const std::string& old) {
    const bool equal = load(k) == old;
    if (equal) erase(k);
    return equal;
  }
  void clear() { of_ = std::make_shared<const content>(); }
  template <class F>
  void range(F f) {
    const auto now = of_;
    for (const auto& [k, v] : *now)
      if (!f(k, v)) return;
  }

 private:
  template <class F>
  void change(F f) {
    auto next = std::make_shared<content>(*of_);
    f(*next);
    of_ = std::move(next);
  }
  std::shared_ptr<const content> of_ = std::make_shared<const content>();
};

struct call {
  int op;
  std::string k, v, w;
};

std::string short_text(std::mt19937& r) {
  std::string s(r() % 4, ' ');
  for (char& c : s) c = static_cast<char>('a' + r() % 4);
  return s;
}

std::vector<call> random_calls(std::uint32_t seed) {
  std::mt19937 r(seed);
  std::vector<call> calls(r() % 100);
  for (call& c : calls)
    c = {static_cast<int>(r() % 64), short_text(r), short_text(r), short_text(r)};
  return calls;
}

std::string shown(const std::optional<std::string>& v) { return v ? "(" + *v + ")" : "none"; }

template <class Map>
std::string apply(Map& m, const call& c) {
  if (c.op == 63) return m.clear(), "cleared";
  switch (c.op % 8) {
    case 0: return shown(m.load(c.k));
    case 1: return m.store(c.k, c.v), "stored";
    case 2: {
      const auto [v, loaded] = m.load_or_store(c.k, c.v);
      return v + (loaded ? " loaded" : " stored");
    }
    case 3: return shown(m.load_and_erase(c.k));
    case 4: return m.erase(c.k), "erased";
    case 5: return shown(m.swap(c.k, c.v));
    case 6: return m.compare_and_swap(c.k, c.v, c.w) ? "swapped" : "kept";
    default: return m.compare_and_erase(c.k, c.v) ? "erased" : "kept";
  }
}

template <class Map>
std::pair<std::vector<std::string>, content> apply_all(const std::vector<call>& calls) {
  Map m;
  std::vector<std::string> results;
  for (const call& c : calls) results.push_back(apply(m, c));
  content last;
  m.range([&](const std::string& k, const std::string& v) { return last.emplace(k, v).second; });
  return {results, last};
}

TEST(GoMap, MatchesRWMutex) {
  run([] {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
      const auto calls = random_calls(seed);
      ASSERT_EQ(apply_all<text_map>(calls), apply_all<locked_map>(calls)) << "seed " << seed;
    }
  });
}

TEST(GoMap, MatchesDeepCopy) {
  run([] {
    for (std::uint32_t seed = 1001; seed <= 1300; ++seed) {
      const auto calls = random_calls(seed);
      ASSERT_EQ(apply_all<text_map>(calls), apply_all<copied_map>(calls)) << "seed " << seed;
    }
  });
}

// TestConcurrentRange: keys stored again while it ranges; each comes once, with a value of its own.
TEST(GoMap, ConcurrentRange) {
  run([] {
    constexpr std::int64_t size = 1 << 10;
    offset::sync::map<std::int64_t, std::int64_t> m;
    for (std::int64_t n = 1; n <= size; ++n) m.store(n, n);
    auto done = offset::make_chan<void>();
    offset::sync::wait_group all;
    for (std::int64_t g = 4; g > 0; --g)
      all.go([&m, done, g] {
        std::mt19937 r(static_cast<std::uint32_t>(g));
        for (std::int64_t i = 0;; ++i) {
          if (done.try_recv() == offset::op_status::closed) return;
          for (std::int64_t n = 1; n < size; ++n) {
            if (r() % size == 0)
              m.store(n, n * i * g);
            else
              (void)m.load(n);
          }
          offset::yield();
        }
      });
    for (int round = 0; round < 16; ++round) {
      std::set<std::int64_t> seen;
      m.range([&](std::int64_t k, std::int64_t v) {
        EXPECT_EQ(v % k, 0) << "of key " << k;
        EXPECT_TRUE(seen.insert(k).second) << k << " came twice";
        return true;
      });
      EXPECT_EQ(seen.size(), static_cast<std::size_t>(size));
    }
    done.close();
    all.wait();
  });
}

// TestIssue40999: an erased key is let go of, although other keys stay. Its destructor tells.
TEST(GoMap, ErasedKeysAreLetGo) {
  run([] {
    offset::sync::map<std::shared_ptr<int>, int> m;
    m.store(nullptr, 0);
    for (int i = 0; i < 100; ++i) {
      auto key = std::make_shared<int>(i);
      const std::weak_ptr<int> watch = key;
      m.store(key, 0);
      EXPECT_TRUE(m.erase(key));
      key.reset();
      EXPECT_TRUE(watch.expired());
    }
  });
}

// TestMapRangeNestedCall (issue 46399): everything may be called from inside range.
TEST(GoMap, RangeNestedCall) {
  run([] {
    offset::sync::map<int, std::string> m;
    int i = 0;
    for (const char* v : {"hello", "world", "Go"}) m.store(i++, v);
    m.range([&](int key, const std::string&) {
      m.range([&](int k, const std::string& v) {
        EXPECT_EQ(m.load(k), v);
        EXPECT_FALSE(m.load_or_store(42, "dummy").second);
        m.store(42, "sync.Map");
        EXPECT_EQ(m.load_and_erase(42), "sync.Map");
        return true;
      });
      m.erase(key);
      return true;
    });
    int left = 0;
    m.range([&](int, const std::string&) { return ++left, true; });
    EXPECT_EQ(left, 0);
  });
}

// TestCompareAndSwap_NonExistingKey (1.20). A pointer stands for Go's nil.
TEST(GoMap, CompareAndSwapNonExistingKey) {
  offset::sync::map<std::string, const int*> m;
  static const int value = 42;
  EXPECT_FALSE(m.compare_and_swap("key", nullptr, &value));
  EXPECT_EQ(m.load("key"), std::nullopt);
}

// TestConcurrentClear (1.23): stores, loads and clears at once; after a last clear it is empty.
TEST(GoMap, ConcurrentClear) {
  run([] {
    offset::sync::map<int, int> m;
    offset::sync::wait_group all;
    for (int i = 0; i < 60; ++i)
      all.go([&m, i] {
        for (int k = 0; k < 20; ++k) {
          if (i % 3 == 0) {
            m.store(k, i);
          } else if (i % 3 == 1) {
            EXPECT_EQ(m.load(k).value_or(0) % 3, 0) << "nobody stored it";
          } else {
            m.clear();
          }
        }
      });
    all.wait();
    m.clear();
    m.range([](int k, int v) {
      ADD_FAILURE() << k << ": " << v;
      return true;
    });
  });
}

// TestMapClearOneAllocation and TestMapClearNoAllocations (1.23) are about allocations; what they
// rest on is that clear of an empty map is cheap, and that a cleared map is used on.
TEST(GoMap, ClearAndUseAgain) {
  offset::sync::map<int, int> m;
  for (int i = 0; i < 100; ++i) {
    m.clear();
    m.store(i, i);
    EXPECT_EQ(m.load(i), i);
    EXPECT_EQ(m.load(i - 1), std::nullopt);
  }
}

// TestMapDelete, TestMapClear (newer)
TEST(GoMap, DeleteAndClear) {
  offset::sync::map<std::string, double> m;
  m.store("go", 1.22);
  EXPECT_EQ(m.load("go"), 1.22);
  EXPECT_TRUE(m.erase("go"));
  EXPECT_EQ(m.load("go"), std::nullopt);
  m.store("go", 1.21);
  m.clear();
  EXPECT_EQ(m.load("go"), std::nullopt);
  m.store("go", 1.21);
  EXPECT_EQ(m.load("go"), 1.21);
}

}  // namespace
