#include "fiber/stack_pool.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <system_error>

#include "base/sanitizer.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

namespace offset::inline v0::fiber {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t two_megabytes = std::size_t{2} << 20;
constexpr std::size_t colours = 24;  // × 64 bytes: within the page that a stack touches anyway

constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

// False once the kernel refused them. OFFSET_GUARD=mprotect does without from the start: for tests.
std::atomic<bool>& guard_markers() noexcept {
  static std::atomic<bool> yes = [] {
    const char* v = std::getenv("OFFSET_GUARD");
    return v == nullptr || std::string_view(v) != "mprotect";
  }();
  return yes;
}

bool has_guard_markers() noexcept { return guard_markers().load(std::memory_order_relaxed); }

bool install_guard(std::byte* at, std::size_t size) noexcept {
  if (has_guard_markers()) {
    if (madvise(at, size, MADV_GUARD_INSTALL) == 0) return true;
    if (errno != EINVAL) return false;
    guard_markers().store(false, std::memory_order_relaxed);
  }
  return mprotect(at, size, PROT_NONE) == 0;
}

std::byte* reserve(std::size_t size) noexcept {
  // Aligned to what one page-table page maps, so that a slab shares none with its neighbours.
  const std::size_t padded = size + two_megabytes;
  void* const at = mmap(nullptr, padded, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  auto* const low = static_cast<std::byte*>(at);
  auto* const aligned =
      reinterpret_cast<std::byte*>(round_up(reinterpret_cast<std::uintptr_t>(low), two_megabytes));
  if (aligned != low) munmap(low, static_cast<std::size_t>(aligned - low));
  std::byte* const end = low + padded;
  if (aligned + size != end)
    munmap(aligned + size,
           static_cast<std::size_t>(end - aligned - static_cast<std::ptrdiff_t>(size)));
  madvise(aligned, size, MADV_NOHUGEPAGE);
  // Whoever had these addresses may have left marks: stacks that were abandoned, for one.
  base::asan_unpoison(aligned, size);
  return aligned;
}

}  // namespace

std::size_t guard_size_for(std::size_t stack_size) noexcept {
  return std::clamp<std::size_t>(stack_size / 16 / page * page, page, 16 * page);
}

std::size_t usable_size(std::size_t stack_size, std::size_t header_size) noexcept {
  return stack_size - guard_size_for(stack_size) - header_size - colours * 64;
}

stack_pool::stack_pool(std::size_t stack_size, std::size_t header_size) noexcept
    : stack_size_(round_up(stack_size, page)), header_size_(round_up(header_size, 64)),
      guard_size_(guard_size_for(stack_size_)) {}

stack_pool::~stack_pool() {
  for (region& r : regions_) {
    const std::size_t size = r.slab_count * stacks_per_slab * stack_size_;
    base::asan_unpoison(r.base, size);
    munmap(r.base, size);
  }
}

std::byte* stack_pool::header_of(const slab& home, std::uint32_t slot) const noexcept {
  std::byte* const end = home.base + (slot + 1) * stack_size_;
  return end - header_size_ - slot % colours * 64;
}

void stack_pool::map_region() {
  // Twice the last one, from 256 stacks to 4,096; less when the address space is short.
  const std::size_t slab_size = stacks_per_slab * stack_size_;
  std::size_t slabs =
      regions_.empty() ? 4 : std::min<std::size_t>(regions_.back().slab_count * 2, 64);
  slabs = std::max<std::size_t>(1, std::min(slabs, (std::size_t{1} << 36) / slab_size));
  std::byte* base = nullptr;
  for (;; slabs = (slabs + 1) / 2) {
    base = reserve(slabs * slab_size);
    if (base != nullptr || slabs == 1) break;
  }
  if (base == nullptr)
    throw std::system_error(errno, std::generic_category(),
                            "offset: cannot reserve address space for goroutine stacks");
  try {
    region r;
    r.base = base;
    r.slab_count = slabs;
    r.slabs = std::make_unique<slab[]>(slabs);
    for (std::size_t i = 0; i < slabs; ++i) r.slabs[i].base = base + i * slab_size;
    regions_.push_back(std::move(r));
  } catch (...) {
    munmap(base, slabs * slab_size);
    throw;
  }
  unclaimed_ += static_cast<std::int64_t>(slabs * stacks_per_slab);
}

// Under the lock, with a region mapped: which kind of guard there is, and how many of them.
void stack_pool::find_limit() {
  if (most_claimed_ != 0) return;
  most_claimed_ = std::numeric_limits<std::int64_t>::max();
  std::byte* const first = regions_.front().base;
  install_guard(first, guard_size_);  // the first stack's own
  if (has_guard_markers()) return;
  long most_maps = 65'530;
  if (std::FILE* const file = std::fopen("/proc/sys/vm/max_map_count", "re"); file != nullptr) {
    if (std::fscanf(file, "%ld", &most_maps) != 1) most_maps = 65'530;
    std::fclose(file);
  }
  most_claimed_ = std::max(64L, most_maps / 2 - 1'000);  // the program has mappings of its own
}

void stack_pool::claim(std::uint32_t n) {
  lock_.lock();
  try {
    while (unclaimed_ < n) map_region();
    find_limit();
    if (claimed_ + n > most_claimed_)
      throw std::system_error(
          ENOMEM, std::generic_category(),
          "offset: go: no stack for another goroutine: this kernel has no guard markers, and the "
          "guard pages of " +
              std::to_string(claimed_) + " stacks use up vm.max_map_count");
  } catch (...) {
    lock_.unlock();
    throw;
  }
  unclaimed_ -= n;
  claimed_ += n;
  lock_.unlock();
}

void stack_pool::unclaim(std::uint32_t n) noexcept {
  lock_.lock();
  unclaimed_ += n;
  claimed_ -= n;
  lock_.unlock();
}

stack_header* stack_pool::get_warm(std::uint32_t n, std::uint32_t& got) noexcept {
  lock_.lock();
  stack_header* const first = warm_;
  stack_header* last = nullptr;
  stack_header* at = warm_;
  std::uint32_t count = 0;
  while (at != nullptr && count < n) {
    last = at;
    at = at->next;
    ++count;
  }
  warm_ = at;
  warm_count_ -= count;
  warm_least_ = std::min(warm_least_, warm_count_);
  lock_.unlock();
  if (last == nullptr) return nullptr;
  last->next = nullptr;
  got += count;
  return first;
}

void stack_pool::list(slab& s) noexcept {
  if (s.listed) return;
  s.listed = true;
  s.next_available = available_;
  available_ = &s;
}

bool stack_pool::next_slab() noexcept {
  for (; current_region_ < regions_.size(); ++current_region_) {
    region& r = regions_[current_region_];
    if (r.used_slabs < r.slab_count) {
      list(r.slabs[r.used_slabs++]);
      return true;
    }
  }
  return false;
}

// The slab at `index` of region `at`, or the first one of the next region that has one, and which
// of its stacks are out; null at the end.
const slab* stack_pool::used_slab(std::size_t& at, std::size_t& index,
                                  std::uint64_t& out) noexcept {
  const slab* found = nullptr;
  lock_.lock();
  for (; at < regions_.size(); ++at, index = 0)
    if (index < regions_[at].used_slabs) {
      found = &regions_[at].slabs[index];
      out = ~found->available;
      break;
    }
  lock_.unlock();
  return found;
}

bool stack_pool::get_raw(raw_stack& out) noexcept {
  lock_.lock();
  if (available_ == nullptr && !next_slab()) {
    lock_.unlock();
    return false;
  }
  slab& home = *available_;
  const auto slot = static_cast<std::uint32_t>(__builtin_ctzll(home.available));
  const std::uint64_t bit = std::uint64_t{1} << slot;
  const bool guarded = (home.guarded & bit) != 0;
  home.available &= ~bit;
  if (home.available == 0) {
    available_ = home.next_available;
    home.listed = false;
  }
  lock_.unlock();

  std::byte* const begin = home.base + slot * stack_size_;
  if (!guarded && !install_guard(begin, guard_size_)) {
    lock_.lock();
    home.available |= bit;
    list(home);
    lock_.unlock();
    return false;
  }
  if (!guarded) {
    lock_.lock();
    home.guarded |= bit;
    lock_.unlock();
  }
  out = {&home, slot, begin + guard_size_, header_of(home, slot)};
  base::asan_unpoison(out.low, static_cast<std::size_t>(begin + stack_size_ - out.low));
  return true;
}

void stack_pool::put(stack_header* first, stack_header* last, std::uint32_t n) noexcept {
  lock_.lock();
  last->next = warm_;
  warm_ = first;
  warm_count_ += n;
  lock_.unlock();
}

void stack_pool::trim(std::uint32_t keep) noexcept {
  // Take the surplus out of the warm list under the lock, then work on it without.
  lock_.lock();
  const std::uint32_t surplus = warm_least_ > keep ? warm_least_ - keep : 0;
  stack_header* list_to_cool = nullptr;
  if (surplus > 0) {
    // The list is last in, first out: what lies at its end has been idle longest.
    stack_header** at = &warm_;
    for (std::uint32_t i = 0; i < warm_count_ - surplus; ++i) at = &(*at)->next;
    list_to_cool = *at;
    *at = nullptr;
    warm_count_ -= surplus;
  }
  warm_least_ = warm_count_;
  std::size_t count = 0;
  for (stack_header* h = list_to_cool; h != nullptr; h = h->next) {
    h->home->cooling |= std::uint64_t{1} << h->slot;
    ++count;
  }
  const std::size_t region_count = regions_.size();
  lock_.unlock();
  if (count == 0) return;

  for (std::size_t i = 0; i < region_count; ++i) {
    lock_.lock();
    slab* const slabs = regions_[i].slabs.get();
    const std::size_t used = regions_[i].used_slabs;
    lock_.unlock();
    for (std::size_t s = 0; s < used; ++s) {
      slab& home = slabs[s];
      const std::uint64_t cooling = home.cooling;
      if (cooling == 0) continue;
      const std::size_t slab_size = stacks_per_slab * stack_size_;
      lock_.lock();
      // Nobody takes from a slab that is being remapped: claim what is left of it first.
      const bool whole = (home.available | cooling) == ~std::uint64_t{0};
      if (whole) home.available = 0;
      if (whole && home.listed) {
        slab** at = &available_;
        while (*at != &home) at = &(*at)->next_available;
        *at = home.next_available;
        home.listed = false;
      }
      lock_.unlock();
      bool blank = false;
      if (whole) {
        // A fresh mapping in its place frees the page tables and the guards as well.
        void* const fresh =
            mmap(home.base, slab_size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_FIXED, -1, 0);
        if (fresh != MAP_FAILED) {
          madvise(home.base, slab_size, MADV_NOHUGEPAGE);
          blank = true;
        }
      }
      if (!blank)
        for (std::uint32_t slot = 0; slot < stacks_per_slab; ++slot)
          if ((cooling >> slot & 1) != 0)
            madvise(home.base + slot * stack_size_ + guard_size_, stack_size_ - guard_size_,
                    MADV_DONTNEED);
      lock_.lock();
      home.cooling = 0;
      if (blank) home.guarded = 0;
      home.available |= whole ? ~std::uint64_t{0} : cooling;
      list(home);
      lock_.unlock();
    }
  }
}

bool map_single_stack(std::size_t size, std::size_t header_size, raw_stack& out) noexcept {
  size = round_up(size, page);
  void* const at = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (at == MAP_FAILED) return false;
  madvise(at, size, MADV_NOHUGEPAGE);
  base::asan_unpoison(at, size);  // as in reserve
  auto* const begin = static_cast<std::byte*>(at);
  const std::size_t guard = guard_size_for(size);
  if (!install_guard(begin, guard)) {
    munmap(at, size);
    return false;
  }
  out = {nullptr, 0, begin + guard, begin + size - round_up(header_size, 64)};
  return true;
}

void unmap_single_stack(std::byte* low, std::size_t size) noexcept {
  size = round_up(size, page);
  base::asan_unpoison(low - guard_size_for(size), size);
  munmap(low - guard_size_for(size), size);
}

}  // namespace offset::inline v0::fiber
