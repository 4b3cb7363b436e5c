// Go: src/sync/atomic/atomic_test.go. The facility is std::atomic; what is shown here is that it
// means between goroutines, which change threads, what it means between threads.
//
// Go has each test for Int32, Uint32, Int64, Uint64, Uintptr and Pointer, as functions and as
// methods. std::atomic_ref is the function on a plain variable, std::atomic the method.
#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <type_traits>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;

namespace {

template <class T>
struct integer {
  using type = T;
  static T from(std::uint64_t bits) { return static_cast<T>(bits); }
  static std::uint64_t bits(T v) { return static_cast<std::uint64_t>(v); }
};
struct pointer {
  using type = void*;
  static void* from(std::uint64_t bits) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(bits));
  }
  static std::uint64_t bits(void* p) { return reinterpret_cast<std::uintptr_t>(p); }
};

using integers = testing::Types<integer<std::int32_t>, integer<std::uint32_t>,
                                integer<std::int64_t>, integer<std::uint64_t>>;
// std::uintptr_t is one of those; pointers have no arithmetic here, as in Go.
using words = testing::Types<integer<std::int32_t>, integer<std::uint32_t>, integer<std::int64_t>,
                             integer<std::uint64_t>, pointer>;
static_assert(std::same_as<std::uintptr_t, std::uint64_t>);

constexpr std::uint64_t magic = 0xdedbeefdedbeef;

/// The word between two that must not change, and that must be free of locks.
template <class T>
struct guarded {
  T before;
  alignas(std::atomic_ref<T>::required_alignment) T plain;
  std::atomic<T> word;
  T after;
};

template <class W>
class Atomic : public testing::Test {
 protected:
  using T = typename W::type;
  static_assert(std::atomic<T>::is_always_lock_free);
  Atomic() : x{W::from(magic), W::from(0), W::from(0), W::from(magic)} {}
  ~Atomic() override {
    EXPECT_EQ(x.before, W::from(magic));
    EXPECT_EQ(x.after, W::from(magic));
  }
  std::atomic_ref<T> function() { return std::atomic_ref<T>(x.plain); }
  std::atomic<T>& method() { return x.word; }
  /// f(bit) for each power of two of the type.
  template <class F>
  static void each_bit(F f) {
    for (std::size_t i = 0; i < sizeof(T) * 8 - 1; ++i) f(std::uint64_t{1} << i);
  }
  guarded<T> x;
};
template <class W>
class AtomicAdd : public Atomic<W> {};
TYPED_TEST_SUITE(Atomic, words);
template <class W>
class AtomicOrder : public testing::Test {};
TYPED_TEST_SUITE(AtomicAdd, integers);
TYPED_TEST_SUITE(AtomicOrder, integers);

// TestSwapInt32, TestSwapInt32Method, and so on for the other types.
TYPED_TEST(Atomic, TestSwap) {
  const auto swap = [](auto&& a) {
    auto last = TypeParam::from(0);
    TestFixture::each_bit([&](std::uint64_t bit) {
      EXPECT_EQ(a.exchange(TypeParam::from(bit)), last);
      last = TypeParam::from(bit);
      EXPECT_EQ(a.load(), last);
    });
  };
  swap(this->function());
  swap(this->method());
}

// TestAddInt32 ...
TYPED_TEST(AtomicAdd, TestAdd) {
  const auto add = [](auto&& a) {
    auto sum = TypeParam::from(0);
    TestFixture::each_bit([&](std::uint64_t bit) {
      const auto was = sum;
      sum = TypeParam::from(TypeParam::bits(sum) + bit);
      EXPECT_EQ(a.fetch_add(TypeParam::from(bit)), was);
      EXPECT_EQ(a.load(), sum);
    });
  };
  add(this->function());
  add(this->method());
}

// TestCompareAndSwapInt32 ...
TYPED_TEST(Atomic, TestCompareAndSwap) {
  const auto cas = [](auto&& a) {
    TestFixture::each_bit([&](std::uint64_t bit) {
      a.store(TypeParam::from(bit));
      auto expected = TypeParam::from(bit);
      EXPECT_TRUE(a.compare_exchange_strong(expected, TypeParam::from(bit + 1)));
      EXPECT_EQ(a.load(), TypeParam::from(bit + 1));
      expected = TypeParam::from(bit);
      EXPECT_FALSE(a.compare_exchange_strong(expected, TypeParam::from(bit + 2)));
      EXPECT_EQ(expected, TypeParam::from(bit + 1));
      EXPECT_EQ(a.load(), TypeParam::from(bit + 1));
    });
  };
  cas(this->function());
  cas(this->method());
}

// TestLoadInt32 ..., TestStoreInt32 ...
TYPED_TEST(Atomic, TestLoadAndStore) {
  TestFixture::each_bit([&](std::uint64_t bit) {
    const auto v = TypeParam::from(bit);
    this->x.plain = v;
    EXPECT_EQ(this->function().load(), v);
    this->function().store(TypeParam::from(bit + 1));
    EXPECT_EQ(this->x.plain, TypeParam::from(bit + 1));
    this->method().store(v);
    EXPECT_EQ(this->method().load(), v);
  });
}

/// f(who) in `n` goroutines.
template <class F>
void in_goroutines(unsigned n, F f) {
  offset::run({.maxprocs = n}, [&] {
    offset::sync::wait_group all;
    for (unsigned who = 0; who < n; ++who) all.go([&, who] { f(who); });
    all.wait();
  });
}

// TestHammer32, TestHammer64: each operation by four goroutines, which give way now and then.
constexpr unsigned hammers = 4;
constexpr int blows = 10000;
template <class F>
void hammer(F blow) {
  in_goroutines(hammers, [&](unsigned who) {
    for (int i = 0; i < blows; ++i) {
      blow(who, i);
      if (i % 1000 == 0) offset::yield();
    }
  });
}

TYPED_TEST(Atomic, TestHammerSwap) {
  // Both halves alike, always.
  constexpr unsigned half = sizeof(typename TypeParam::type) * 4;
  constexpr std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  const auto swap = [&](auto&& a) {
    std::atomic<int> torn{0};
    hammer([&](unsigned who, int i) {
      const std::uint64_t v = (who * 7919 + static_cast<unsigned>(i)) & mask;
      const std::uint64_t old = TypeParam::bits(a.exchange(TypeParam::from(v << half | v)));
      if ((old >> half & mask) != (old & mask)) ++torn;
    });
    EXPECT_EQ(torn.load(), 0);
  };
  swap(this->function());
  swap(this->method());
}
TYPED_TEST(AtomicAdd, TestHammerAdd) {
  const auto add = [](auto&& a) {
    hammer([&](unsigned, int) { a.fetch_add(1); });
    EXPECT_EQ(TypeParam::bits(a.load()), std::uint64_t{hammers * blows});
  };
  add(this->function());
  add(this->method());
}
TYPED_TEST(Atomic, TestHammerCompareAndSwap) {
  const auto cas = [](auto&& a) {
    hammer([&](unsigned, int) {
      auto v = a.load();
      while (!a.compare_exchange_strong(v, TypeParam::from(TypeParam::bits(v) + 1))) {
      }
    });
    EXPECT_EQ(TypeParam::bits(a.load()), std::uint64_t{hammers * blows});
  };
  cas(this->function());
  cas(this->method());
}
TYPED_TEST(Atomic, TestHammerStoreLoad) {
  constexpr unsigned half = sizeof(typename TypeParam::type) * 4;
  constexpr std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  const auto store = [&](auto&& a) {
    std::atomic<int> torn{0};
    hammer([&](unsigned, int) {
      const std::uint64_t v = TypeParam::bits(a.load());
      if ((v >> half & mask) != (v & mask)) ++torn;
      const std::uint64_t next = (v & mask) == 10000 ? 0 : v + 1 + (std::uint64_t{1} << half);
      a.store(TypeParam::from(next));
    });
    EXPECT_EQ(torn.load(), 0);
  };
  store(this->function());
  store(this->method());
}

// TestStoreLoadSeqCst32, TestStoreLoadSeqCst64: of two that each store and then load the other's,
// one at least sees the other's store.
void give_way() {
  offset::yield();
  std::this_thread::yield();  // there may be fewer CPUs than carriers
}
template <class T>
void give_way_until(const std::atomic<T>& a, bool (*reached)(T, T), T than) {
  for (int turn = 1; !reached(a.load(), than); ++turn)
    if (turn % 1000 == 0) give_way();
}
TYPED_TEST(AtomicOrder, TestStoreLoadSeqCst) {
  using T = typename TypeParam::type;
  constexpr T turns = 500;
  constexpr T none = static_cast<T>(-1);
  std::array<std::atomic<T>, 2> x{};
  std::array<std::array<std::atomic<T>, 3>, 2> seen;
  for (auto& side : seen)
    for (auto& a : side) a.store(none);
  in_goroutines(2, [&](unsigned me) {
    const unsigned they = 1 - me;
    for (T i = 1; i < turns; ++i) {
      const auto slot = static_cast<std::size_t>(i % 3);
      x[me].store(i);
      const T mine = x[they].load();
      seen[me][slot].store(mine);
      give_way_until<T>(
          seen[they][slot], [](T v, T than) { return v != than; }, none);
      const T theirs = seen[they][slot].load();
      EXPECT_TRUE(mine == i || mine == i - 1) << mine << " in turn " << i;
      EXPECT_TRUE(mine == i || theirs == i) << "neither saw the other's store in turn " << i;
      seen[me][static_cast<std::size_t>((i - 1) % 3)].store(none);
    }
  });
}

// TestStoreLoadRelAcq32, TestStoreLoadRelAcq64: what was written before a store that was seen.
TYPED_TEST(AtomicOrder, TestStoreLoadRelAcq) {
  using T = typename TypeParam::type;
  constexpr T turns = 500;
  struct {
    std::atomic<T> signal{0};
    std::array<char, 128> apart{};
    T data = 0;
    std::array<char, 128> further{};
    double more = 0;
  } x;
  in_goroutines(2, [&](unsigned me) {
    for (T i = 1; i < turns; ++i) {
      if ((static_cast<unsigned>(i) + me) % 2 == 0) {
        x.data = i;
        x.more = static_cast<double>(i);
        x.signal.store(i, std::memory_order_release);
      } else {
        for (int turn = 1; x.signal.load(std::memory_order_acquire) != i; ++turn)
          if (turn % 1000 == 0) give_way();
        EXPECT_EQ(x.data, i);
        EXPECT_EQ(x.more, static_cast<double>(i));
      }
    }
  });
}

TEST(AtomicLayout, TestAutoAligned64) {
  struct mixed {
    std::uint32_t first;
    std::atomic<std::int64_t> with_sign;
    std::uint32_t third;
    std::atomic<std::uint64_t> without;
  };
  static_assert(alignof(std::atomic<std::int64_t>) == 8);
  static_assert(alignof(std::atomic<std::uint64_t>) == 8);
  static_assert(offsetof(mixed, with_sign) == 8);
  static_assert(offsetof(mixed, without) == 24);
  // On a goroutine's stack, too.
  offset::run([] {
    auto c = make_chan<std::uintptr_t>();
    offset::go([=] {
      mixed m{};
      c.send(reinterpret_cast<std::uintptr_t>(&m.with_sign) |
             reinterpret_cast<std::uintptr_t>(&m.without));
    });
    EXPECT_EQ(*c.recv() % 8, 0U);
  });
}

}  // namespace
