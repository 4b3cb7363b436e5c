#include "base/block_pool.h"

#include <new>
#include <sys/mman.h>

#include "base/sanitizer.h"

namespace offset::inline v0::base {
namespace {

constexpr std::size_t chunk_size = std::size_t{256} << 10;  // and its alignment
constexpr std::uint32_t keep_spare = 4;

}  // namespace

// At the start of each chunk; blocks follow from the next multiple of their size.
struct block_pool::chunk {
  chunk* next = nullptr;  // in `partial`
  chunk* prev = nullptr;
  chunk* next_all = nullptr;
  chunk* prev_all = nullptr;
  block* free = nullptr;
  std::uint32_t free_count = 0;
  std::uint32_t fresh = 0;  // blocks never given out are taken in order, untouched until then
  std::uint32_t total = 0;
  std::uint32_t size_class = 0;
  bool listed = false;
};

block_pool::~block_pool() {
  while (all_ != nullptr) {
    chunk* const c = all_;
    all_ = c->next_all;
    asan_unpoison(c, chunk_size);
    munmap(c, chunk_size);
  }
}

block_pool::block* block_pool::get(std::size_t cls, std::uint32_t n, std::uint32_t& got) {
  per_class& k = classes_[cls];
  const std::size_t size = sizes[cls];
  k.lock.lock();
  if (k.partial == nullptr) {
    k.lock.unlock();
    // Map twice the size to find an aligned half.
    void* const at = mmap(nullptr, chunk_size * 2, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    const auto low = reinterpret_cast<std::uintptr_t>(at);
    const std::uintptr_t aligned = (low + chunk_size - 1) & ~(chunk_size - 1);
    if (aligned != low) munmap(at, aligned - low);
    if (aligned + chunk_size != low + chunk_size * 2)
      munmap(reinterpret_cast<void*>(aligned + chunk_size), low + chunk_size - aligned);
    chunk* const made = ::new (reinterpret_cast<void*>(aligned)) chunk;
    const std::size_t first = (sizeof(chunk) + size - 1) / size;
    made->total = static_cast<std::uint32_t>(chunk_size / size - first);
    made->size_class = static_cast<std::uint32_t>(cls);
    all_lock_.lock();
    made->next_all = all_;
    if (all_ != nullptr) all_->prev_all = made;
    all_ = made;
    all_lock_.unlock();
    k.lock.lock();
    made->listed = true;
    made->next = k.partial;
    if (k.partial != nullptr) k.partial->prev = made;
    k.partial = made;
    ++k.spare;
  }
  block* list = nullptr;
  std::uint32_t count = 0;
  while (count < n && k.partial != nullptr) {
    chunk* const c = k.partial;
    const std::uint32_t in_use = c->fresh - c->free_count;
    if (in_use == 0) --k.spare;
    const std::size_t first = (sizeof(chunk) + size - 1) / size;
    while (count < n) {
      block* b = nullptr;
      if (c->free != nullptr) {
        b = c->free;
        c->free = b->next;
        --c->free_count;
      } else if (c->fresh < c->total) {
        b = reinterpret_cast<block*>(reinterpret_cast<std::byte*>(c) + (first + c->fresh) * size);
        ++c->fresh;
      } else {
        break;
      }
      b->next = list;
      list = b;
      ++count;
    }
    if (c->free == nullptr && c->fresh == c->total) {
      k.partial = c->next;
      if (k.partial != nullptr) k.partial->prev = nullptr;
      c->next = nullptr;
      c->listed = false;
    }
  }
  k.lock.unlock();
  got = count;
  return list;
}

void block_pool::put(std::size_t cls, block* list) noexcept {
  per_class& k = classes_[cls];
  chunk* unmap = nullptr;
  k.lock.lock();
  while (list != nullptr) {
    block* const b = list;
    list = b->next;
    auto* const c =
        reinterpret_cast<chunk*>(reinterpret_cast<std::uintptr_t>(b) & ~(chunk_size - 1));
    b->next = c->free;
    c->free = b;
    ++c->free_count;
    if (!c->listed) {
      c->listed = true;
      c->prev = nullptr;
      c->next = k.partial;
      if (k.partial != nullptr) k.partial->prev = c;
      k.partial = c;
    }
    if (c->free_count == c->fresh) {  // wholly free
      if (k.spare < keep_spare) {
        ++k.spare;
      } else {
        if (c->prev != nullptr) c->prev->next = c->next;
        if (c->next != nullptr) c->next->prev = c->prev;
        if (k.partial == c) k.partial = c->next;
        c->next = unmap;
        unmap = c;
      }
    }
  }
  k.lock.unlock();
  while (unmap != nullptr) {
    chunk* const c = unmap;
    unmap = c->next;
    release(k, c);
  }
}

void block_pool::for_each_chunk(void (*f)(const void*, std::size_t)) noexcept {
  all_lock_.lock();
  for (const chunk* c = all_; c != nullptr; c = c->next_all) f(c, chunk_size);
  all_lock_.unlock();
}

void block_pool::release(per_class&, chunk* c) noexcept {
  all_lock_.lock();
  if (c->prev_all != nullptr) c->prev_all->next_all = c->next_all;
  if (c->next_all != nullptr) c->next_all->prev_all = c->prev_all;
  if (all_ == c) all_ = c->next_all;
  all_lock_.unlock();
  asan_unpoison(c, chunk_size);
  munmap(c, chunk_size);
}

}  // namespace offset::inline v0::base
