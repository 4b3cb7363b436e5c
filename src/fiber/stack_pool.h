// Stacks of one size, carved out of large reservations of address space.
//
// Layout: a region is one mapping (no swap reserved, no huge pages); it is divided into slabs of 64
// stacks, and a slab into stacks. The low end of each stack is a guard: MADV_GUARD_INSTALL where
// the kernel has it, which needs no mapping of its own, otherwise mprotect. The high end holds the
// header that the user of the pool keeps there (a goroutine's control block), at an offset that
// differs from stack to stack so that the hot lines of many stacks do not fall into the same cache
// sets.
//
// Without guard markers each stack costs two mappings, of which the kernel gives a process
// vm.max_map_count: claims beyond what that allows are refused, so that no stack is without its
// guard.
//
// Address space is claimed before it is needed (claim), so that `go` can refuse; the memory itself
// is touched when a stack is taken for the first time.
//
// A stack is blank (never used, or given back with its slab), cold (its guard stands, its memory
// has been given back), or out: held by its user, or kept by the pool because its memory is still
// warm. Memory goes back to the kernel in trim(): what was not needed since the last call.
//
// Thread-safe; one lock of leaf rank. get and put cost a lock each: callers keep a cache of their
// own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/spin_lock.h"

namespace offset::inline v0::fiber {

struct slab {
  std::byte* base = nullptr;
  std::uint64_t guarded = 0;                    // stacks whose guard stands
  std::uint64_t available = ~std::uint64_t{0};  // blank or cold
  std::uint64_t cooling = 0;                    // only inside trim()
  slab* next_available = nullptr;
  bool listed = false;
};

/// What lies at the high end of a stack. Users derive from it.
struct stack_header {
  stack_header* next = nullptr;  // in the pool's and its users' lists of free stacks
  slab* home = nullptr;
  std::byte* low = nullptr;  // first byte above the guard
  std::uint32_t slot = 0;
};

struct raw_stack {
  slab* home = nullptr;
  std::uint32_t slot = 0;
  std::byte* low = nullptr;     // first byte above the guard
  std::byte* header = nullptr;  // room for the header; the stack is below it
};

class stack_pool {
 public:
  static constexpr std::uint32_t stacks_per_slab = 64;

  /// `stack_size`: bytes a stack, guard included, rounded up to a page. `header_size`: bytes at the
  /// top.
  stack_pool(std::size_t stack_size, std::size_t header_size) noexcept;
  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;
  ~stack_pool();

  /// Makes sure that `n` more stacks can be had, or throws std::system_error.
  void claim(std::uint32_t n);
  void unclaim(std::uint32_t n) noexcept;

  /// Up to `n` stacks whose memory is still warm, as a list; how many is added to `got`.
  stack_header* get_warm(std::uint32_t n, std::uint32_t& got) noexcept;
  /// A stack whose header must be built; null when the kernel refuses (mappings or memory).
  bool get_raw(raw_stack& out) noexcept;
  /// Takes a list of `n` stacks back.
  void put(stack_header* first, stack_header* last, std::uint32_t n) noexcept;

  /// Gives back the memory of the warm stacks that were not needed since the last call, but `keep`.
  void trim(std::uint32_t keep) noexcept;

  /// Calls f(header bytes), without the lock, for every stack that is out. One that is taken or
  /// given back meanwhile is seen or not: the header says whether it is in use (zero memory: it is
  /// not).
  template <class F>
  void for_each(F&& f) {
    std::uint64_t out = 0;
    for (std::size_t r = 0, s = 0; const slab *const home = used_slab(r, s, out); ++s)
      for (; out != 0; out &= out - 1)
        f(header_of(*home, static_cast<std::uint32_t>(__builtin_ctzll(out))));
  }

  std::size_t stack_size() const noexcept { return stack_size_; }
  std::size_t guard_size() const noexcept { return guard_size_; }

 private:
  struct region {
    std::byte* base = nullptr;
    std::size_t slab_count = 0;
    std::size_t used_slabs = 0;
    std::unique_ptr<slab[]> slabs;
  };

  std::byte* header_of(const slab& home, std::uint32_t slot) const noexcept;
  void map_region();
  void find_limit();
  bool next_slab() noexcept;
  void list(slab& s) noexcept;
  const slab* used_slab(std::size_t& at, std::size_t& index, std::uint64_t& out) noexcept;

  const std::size_t stack_size_;
  const std::size_t header_size_;
  std::size_t guard_size_;
  base::spin_lock lock_;
  std::vector<region> regions_;
  std::size_t current_region_ = 0;
  std::int64_t unclaimed_ = 0;
  std::int64_t claimed_ = 0;
  std::int64_t most_claimed_ = 0;  // what the kernel has mappings for; 0 before the first claim
  slab* available_ = nullptr;
  stack_header* warm_ = nullptr;
  std::uint32_t warm_count_ = 0;
  std::uint32_t warm_least_ = 0;  // since the last trim
};

/// One stack by itself, for sizes of their own.
bool map_single_stack(std::size_t size, std::size_t header_size, raw_stack& out) noexcept;
void unmap_single_stack(std::byte* low, std::size_t size) noexcept;
std::size_t guard_size_for(std::size_t stack_size) noexcept;

/// How many bytes of a stack of this size are usable.
std::size_t usable_size(std::size_t stack_size, std::size_t header_size) noexcept;

}  // namespace offset::inline v0::fiber
