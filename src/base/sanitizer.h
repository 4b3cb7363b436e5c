// Which sanitizer this is built with, and the calls that tell it about stacks and hand-overs. All
// of them are nothing in an ordinary build.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OFFSET_INTERNAL_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define OFFSET_INTERNAL_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(OFFSET_INTERNAL_ASAN)
#define OFFSET_INTERNAL_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__) && !defined(OFFSET_INTERNAL_TSAN)
#define OFFSET_INTERNAL_TSAN 1
#endif

// ThreadSanitizer takes every goroutine for a thread. What a carrier owns (its P, its F, free
// stacks and blocks) is touched by the goroutines that it runs, one after the other on one thread,
// which the sanitizer cannot know; telling it so by an acquire and a release would order those
// goroutines and hide their races. The few functions that touch nothing else are marked
// OFFSET_NO_TSAN instead.
#ifdef OFFSET_INTERNAL_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#ifdef OFFSET_INTERNAL_TSAN
#include <sanitizer/tsan_interface.h>
// Of ThreadSanitizer's run-time library, which declares them nowhere.
extern "C" {
void AnnotateBenignRaceSized(const char* file, int line, const volatile void* at,
                             unsigned long size, const char* why);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#define OFFSET_NO_TSAN __attribute__((no_sanitize("thread")))
#else
#define OFFSET_NO_TSAN
#endif

// On a path where each call counts. Not with a sanitizer: functions that differ in what is
// instrumented are not inlined into one another.
#if defined(OFFSET_INTERNAL_ASAN) || defined(OFFSET_INTERNAL_TSAN)
#define OFFSET_HOT inline
#else
#define OFFSET_HOT inline __attribute__((always_inline))
#endif

namespace offset::inline v0::base {

#ifdef OFFSET_INTERNAL_ASAN
inline constexpr bool asan = true;
#else
inline constexpr bool asan = false;
#endif
#ifdef OFFSET_INTERNAL_TSAN
inline constexpr bool tsan = true;
#else
inline constexpr bool tsan = false;
#endif

/// What one side did before tsan_release(at) is before what another does after tsan_acquire(at).
inline void tsan_release([[maybe_unused]] void* at) noexcept {
#ifdef OFFSET_INTERNAL_TSAN
  __tsan_release(at);
#endif
}
inline void tsan_acquire([[maybe_unused]] void* at) noexcept {
#ifdef OFFSET_INTERNAL_TSAN
  __tsan_acquire(at);
#endif
}

/// The calling thread's thread_local variables (errno among them) are not called raced for: the
/// goroutines that a carrier runs share them, one after the other. What they point to is not meant.
#ifdef OFFSET_INTERNAL_TSAN
void tsan_share_thread_locals() noexcept;
#else
inline void tsan_share_thread_locals() noexcept {}
#endif

/// While one lives, ThreadSanitizer takes no note of what the calling thread reads and writes; what
/// its atomics synchronise still counts. For code that OFFSET_NO_TSAN does not reach: constructors,
/// and others' code that races on purpose (Boost.Lockfree reads nodes that may have been freed, and
/// finds out by a tag).
#ifdef OFFSET_INTERNAL_TSAN
class tsan_unseen {
 public:
  tsan_unseen() noexcept {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  tsan_unseen(const tsan_unseen&) = delete;
  tsan_unseen& operator=(const tsan_unseen&) = delete;
  ~tsan_unseen() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
};
#else
struct [[maybe_unused]] tsan_unseen {};
#endif

/// While one lives, what is allocated is never called leaked. For memory that only hidden pointers
/// lead to, as Boost.Lockfree's, which carry a tag.
#ifdef OFFSET_INTERNAL_ASAN
class leak_exempt {
 public:
  leak_exempt() noexcept { __lsan_disable(); }
  leak_exempt(const leak_exempt&) = delete;
  leak_exempt& operator=(const leak_exempt&) = delete;
  ~leak_exempt() { __lsan_enable(); }
};
#else
struct [[maybe_unused]] leak_exempt {};
#endif

/// Memory of a recycled stack or block: nothing may touch it until it is used again.
inline void asan_poison([[maybe_unused]] void* at, [[maybe_unused]] std::size_t size) noexcept {
#ifdef OFFSET_INTERNAL_ASAN
  __asan_poison_memory_region(at, size);
#endif
}
inline void asan_unpoison([[maybe_unused]] void* at, [[maybe_unused]] std::size_t size) noexcept {
#ifdef OFFSET_INTERNAL_ASAN
  __asan_unpoison_memory_region(at, size);
#endif
}

/// What is reached from this memory is not leaked. For good: it must stay mapped.
inline void leak_root([[maybe_unused]] const void* at, [[maybe_unused]] std::size_t size) noexcept {
#ifdef OFFSET_INTERNAL_ASAN
  __lsan_register_root_region(at, size);
#endif
}

}  // namespace offset::inline v0::base
