/// \file
/// Stacks for fibers that are kept when a fiber ends, as Go and offset keep theirs. Boost's own
/// pooled_fixedsize_stack does so too, and is for one thread only; its other allocators go to
/// malloc each time, which for a million fibers costs more than all that is to be measured.
#pragma once

#include <sys/mman.h>

#include <boost/context/stack_context.hpp>
#include <cstddef>
#include <new>
#include <vector>

namespace bench {

class kept_stacks {
 public:
  boost::context::stack_context allocate() {
    std::vector<char*>& mine = free();
    if (mine.empty()) refill(mine);
    boost::context::stack_context made;
    made.size = size;
    made.sp = mine.back() + size;
    mine.pop_back();
    return made;
  }
  void deallocate(boost::context::stack_context& ended) noexcept {
    free().push_back(static_cast<char*>(ended.sp) - size);
  }

 private:
  static constexpr std::size_t size = 64 * 1024;
  static constexpr std::size_t at_a_time = 64;

  // A fiber may begin on one thread and end on another. Not inlined: a fiber that has changed
  // threads must not use the list of the thread that it was on.
  [[gnu::noinline]] static std::vector<char*>& free() {
    thread_local std::vector<char*> list;
    return list;
  }
  static void refill(std::vector<char*>& list) {
    void* slab = ::mmap(nullptr, size * at_a_time, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (slab == MAP_FAILED) throw std::bad_alloc();
    for (std::size_t i = 0; i < at_a_time; ++i) list.push_back(static_cast<char*>(slab) + i * size);
  }
};

}  // namespace bench
