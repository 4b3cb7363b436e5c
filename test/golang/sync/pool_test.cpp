// sync/pool_test.go. What depends on garbage collections has no counterpart: a pool here is bounded
// and drops nothing by itself.
#include <atomic>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::run;
using offset::sync::pool;

namespace {

// TestPool, the part before the first collection: what was put is got, each once, then none.
TEST(GoPool, Pool) {
  run([] {
    pool<const char*> p;
    EXPECT_EQ(p.get(), nullptr);
    const char* const a = "a";
    const char* const b = "b";
    p.put(a);
    p.put(b);
    const char* const first = p.get();
    const char* const second = p.get();
    EXPECT_TRUE((first == a && second == b) || (first == b && second == a));
    EXPECT_EQ(p.get(), nullptr);
    // Enough to reach the part that others may take from.
    for (int i = 0; i < 100; ++i) p.put("c");
    for (int i = 0; i < 100; ++i) EXPECT_STREQ(p.get(), "c");
    EXPECT_EQ(p.get(), nullptr);
  });
}

// TestPoolNew: the factory is called when there is nothing; what was put comes first.
TEST(GoPool, New) {
  run([] {
    int i = 0;
    pool<int> p([&] { return ++i; });
    EXPECT_EQ(p.get(), 1);
    EXPECT_EQ(p.get(), 2);
    p.put(42);
    EXPECT_EQ(p.get(), 42);
    EXPECT_EQ(p.get(), 3);
  });
}

// TestPoolGC and TestPoolRelease: what the pool has given or dropped it does not hold. Destructors
// tell, in place of finalizers.
void release(bool drain) {
  struct resource {
    explicit resource(int* c) : count(c) {}
    resource(const resource&) = delete;
    resource& operator=(const resource&) = delete;
    ~resource() { ++*count; }
    int* count;
  };
  constexpr int n = 100;
  int finalized = 0;
  {
    pool<std::unique_ptr<resource>> p;
    for (int i = 0; i < n; ++i) p.put(std::make_unique<resource>(&finalized));
    if (drain) {
      for (int i = 0; i < n; ++i) (void)p.get();
      EXPECT_EQ(finalized, n);
    }
  }
  EXPECT_EQ(finalized, n);
}
TEST(GoPool, GC) {
  run([] { release(true); });
}
TEST(GoPool, Release) {
  run([] { release(false); });
}

// TestPoolStress: no value but those that were put comes out.
TEST(GoPool, Stress) {
  run([] {
    constexpr int goroutines = 10;
    constexpr int rounds = 20'000;
    pool<int> p([] { return 0; });
    auto done = offset::make_chan<bool>();
    for (int g = 0; g < goroutines; ++g)
      offset::go([&p, done] {
        bool good = true;
        int v = 0;
        for (int j = 0; j < rounds && good; ++j) {
          p.put(v);
          v = p.get();
          good = v == 0;
        }
        done.send(good);
      });
    for (int g = 0; g < goroutines; ++g) EXPECT_TRUE(done.recv().value());
  });
}

// TestPoolDequeue and TestPoolChain, which are about the queues inside Go's pool: of what one
// goroutine puts and many get, each is got once.
TEST(GoPool, EachIsGotOnce) {
  run([] {
    constexpr int consumers = 9;
    constexpr int n = 10'000;
    pool<int> p([] { return -1; });
    std::vector<std::atomic<int>> have(n);
    std::atomic<int> got{0};
    std::atomic<int> in{0};
    offset::sync::wait_group all;
    const auto take = [&] {
      const int v = p.get();
      if (v < 0) return false;
      have[static_cast<std::size_t>(v)].fetch_add(1);
      in.fetch_sub(1);
      got.fetch_add(1);
      return true;
    };
    for (int g = 0; g < consumers; ++g)
      all.go([&] {
        while (got.load() < n)
          if (!take()) offset::yield();
      });
    all.go([&] {
      for (int j = 0; j < n; ++j) {
        while (in.load() >= 16) offset::yield();  // never full: nothing is dropped
        in.fetch_add(1);
        p.put(j);
        if (j % 10 == 0) take();
      }
    });
    all.wait();
    for (int j = 0; j < n; ++j) ASSERT_EQ(have[static_cast<std::size_t>(j)].load(), 1) << j;
  });
}

}  // namespace
