// Small blocks of a few fixed sizes, given out and taken back in batches, whose memory goes back to
// the kernel when whole chunks of it are free: a million closures that waited in a queue leave
// nothing behind. Callers keep a cache of their own; a batch costs one lock (leaf rank).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/spin_lock.h"

namespace offset::inline v0::base {

class block_pool {
 public:
  static constexpr std::size_t classes = 3;
  static constexpr std::array<std::size_t, classes> sizes{64, 128, 256};

  struct block {
    block* next;
  };

  block_pool() noexcept = default;
  block_pool(const block_pool&) = delete;
  block_pool& operator=(const block_pool&) = delete;
  ~block_pool();

  /// A list of `n` blocks of class `c`, or fewer but at least one; throws std::bad_alloc.
  block* get(std::size_t c, std::uint32_t n, std::uint32_t& got);
  void put(std::size_t c, block* list) noexcept;

  /// Where the memory is; under a lock, so `f` uses no pool.
  void for_each_chunk(void (*f)(const void* at, std::size_t size)) noexcept;

 private:
  struct chunk;
  struct per_class {
    spin_lock lock;
    chunk* partial = nullptr;  // chunks with free blocks
    std::uint32_t spare = 0;   // wholly free chunks among them
  };

  void release(per_class& k, chunk* c) noexcept;

  std::array<per_class, classes> classes_{};
  spin_lock all_lock_;
  chunk* all_ = nullptr;
};

}  // namespace offset::inline v0::base
