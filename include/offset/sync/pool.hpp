/// \file
/// sync::pool: objects that are used again in place of being made anew. Go's sync.Pool.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/spread.hpp>

namespace offset::inline v0::sync {

/// A cache, bounded: it keeps 64 objects for each CPU (at least 256), inside the pool, so that
/// large ones are better kept behind a pointer. What is put into a full pool is destroyed at once,
/// the rest with the pool; nothing is dropped in between, and no call waits. Whoever puts an object
/// says nothing about who gets it, though the last one put on this CPU is the likeliest: get may
/// give any of them, or a new one although one was put at the same moment.
///
/// `T` is movable. From goroutines and plain threads. No lock is held while a move, a destructor or
/// the factory runs.
template <class T>
class pool {
 public:
  /// Without a factory new objects are value-initialised.
  pool() requires(std::default_initializable<T>) : pool(std::function<T()>([] { return T(); })) {}
  /// Calls `factory()` for new objects, from several goroutines at once.
  explicit pool(std::function<T()> factory)
      : factory_(std::move(factory)), width_(detail::spread_width()),
        shelves_(std::make_unique<std::atomic<shelf*>[]>(width_)) {}
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  /// Nobody may use it any more.
  ~pool() {
    for (unsigned i = 0; i < width_; ++i) delete shelves_[i].load(std::memory_order_acquire);
  }

  /// One that was put, or else a new one. Throws what the factory throws.
  T get() {
    const unsigned home = detail::spread_hint();
    for (unsigned n = 0; n < width_; ++n) {
      // Acquire: pairs with shelf_at's release; the shelf is seen as it was made.
      shelf* const s = shelves_[(home + n) % width_].load(std::memory_order_acquire);
      if (s == nullptr) continue;
      if (const int at = s->take(); at >= 0) return taken(*s, static_cast<unsigned>(at));
    }
    return factory_();
  }

  /// Keeps `v` for a later get, or destroys it.
  void put(T v) {
    const unsigned home = detail::spread_hint();
    for (unsigned n = 0; n < width_; ++n) {
      shelf* const s = shelf_at((home + n) % width_);
      if (s == nullptr) return;  // no memory: dropped
      if (const int at = s->claim(); at >= 0) return fill(*s, static_cast<unsigned>(at), v);
    }
  }

 private:
  // 64 places. One is free, or claimed (its owner fills or empties it), or full, which is claimed
  // too; so a bit of `full` is only ever set with that of `claimed` set.
  struct alignas(64) alignas(T) shelf {
    static constexpr unsigned places = 64;

    shelf() = default;
    shelf(const shelf&) = delete;
    shelf& operator=(const shelf&) = delete;
    ~shelf() {
      for (std::uint64_t left = full.load(std::memory_order_acquire); left != 0; left &= left - 1)
        std::destroy_at(at(static_cast<unsigned>(std::countr_zero(left))));
    }

    T* at(unsigned i) noexcept { return std::launder(reinterpret_cast<T*>(memory.data()) + i); }

    // Both give a place that is the caller's, or -1. The lowest free and the highest full: the last
    // one put is got first, while it is in the cache.
    int claim() noexcept {
      std::uint64_t seen = claimed.load(std::memory_order_relaxed);
      while (~seen != 0) {
        const int i = std::countr_one(seen);
        // Acquire: pairs with free; what was there before has been destroyed.
        if (claimed.compare_exchange_weak(seen, seen | bit(static_cast<unsigned>(i)),
                                          std::memory_order_acquire, std::memory_order_relaxed))
          return i;
      }
      return -1;
    }
    int take() noexcept {
      std::uint64_t seen = full.load(std::memory_order_relaxed);
      while (seen != 0) {
        const int i = 63 - std::countl_zero(seen);
        // Acquire: pairs with show; the object is seen as it was put.
        if (full.compare_exchange_weak(seen, seen & ~bit(static_cast<unsigned>(i)),
                                       std::memory_order_acquire, std::memory_order_relaxed))
          return i;
      }
      return -1;
    }
    void show(unsigned i) noexcept { full.fetch_or(bit(i), std::memory_order_release); }
    void free(unsigned i) noexcept { claimed.fetch_and(~bit(i), std::memory_order_release); }

    static constexpr std::uint64_t bit(unsigned i) noexcept { return std::uint64_t{1} << i; }

    std::atomic<std::uint64_t> claimed{0};
    std::atomic<std::uint64_t> full{0};
    alignas(T) std::array<std::byte, sizeof(T) * places> memory;
  };

  // Null when there is no memory for it.
  shelf* shelf_at(unsigned i) noexcept {
    shelf* s = shelves_[i].load(std::memory_order_acquire);
    if (s != nullptr) return s;
    auto* const fresh = new (std::nothrow) shelf;
    if (fresh == nullptr) return nullptr;
    if (shelves_[i].compare_exchange_strong(s, fresh, std::memory_order_acq_rel,
                                            std::memory_order_acquire))
      return fresh;
    delete fresh;
    return s;
  }

  // A move that throws leaves the object where it is.
  static T taken(shelf& s, unsigned i) {
    struct leaver {
      shelf& s;
      unsigned i;
      bool moved = false;
      ~leaver() {
        if (moved) {
          std::destroy_at(s.at(i));
          s.free(i);
        } else {
          s.show(i);
        }
      }
    } leave{s, i};
    T v(std::move(*s.at(i)));
    leave.moved = true;
    return v;
  }
  static void fill(shelf& s, unsigned i, T& v) {
    struct leaver {
      shelf& s;
      unsigned i;
      bool moved = false;
      ~leaver() {
        if (moved)
          s.show(i);
        else
          s.free(i);
      }
    } leave{s, i};
    std::construct_at(s.at(i), std::move(v));
    leave.moved = true;
  }

  const std::function<T()> factory_;
  const unsigned width_;  // a power of two
  const std::unique_ptr<std::atomic<shelf*>[]> shelves_;
};

}  // namespace offset::inline v0::sync
