// What the stress tests share: how much to do, what to do when something hangs, and small tools.
//
// OFFSET_STRESS scales every test (default 1; the soak variants use more). A lost wake-up shows as
// a hang: in tests of goroutines alone the library's deadlock report tells, or else ctest's
// TIMEOUT; with threads of the program's own, a watchdog does.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include <offset/offset.hpp>

#include "../support/dice.h"

namespace stress {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool tsan = true;
#else
inline constexpr bool tsan = false;
#endif
#else
inline constexpr bool tsan = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool asan = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool asan = true;
#else
inline constexpr bool asan = false;
#endif
#else
inline constexpr bool asan = false;
#endif

inline double factor() {
  static const double value = [] {
    const char* const text = std::getenv("OFFSET_STRESS");
    const double given = text != nullptr ? std::atof(text) : 1.0;
    return given > 0 ? given : 1.0;
  }();
  return value;
}

/// How many turns: `quick`, the factor, and what this build is good for (less under a sanitizer);
/// at least 1.
inline long rounds(long quick) {
  const double scale = tsan ? 0.05 : asan ? 0.25 : 4.0;
  return std::max(1L, static_cast<long>(static_cast<double>(quick) * factor() * scale));
}

/// How many goroutines may be alive: TSan knows some 8,000 fibers.
inline int goroutines(int wanted) { return tsan ? std::min(wanted, 2'000) : wanted; }

/// Aborts, saying what hangs, unless destroyed in time. It is a thread of the program's own: under
/// it the deadlock report is silent.
class watchdog {
 public:
  explicit watchdog(std::string what)
      : limit_(static_cast<long>(110 * std::max(1.0, factor()) * (tsan || asan ? 5 : 1))),
        what_(std::move(what)), thread_([this] { watch(); }) {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::lock_guard hold(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void watch() {
    std::unique_lock hold(mutex_);
    if (changed_.wait_for(hold, limit_, [this] { return done_; })) return;
    std::fprintf(stderr, "watchdog: %s hangs: nothing after %ld s\n", what_.c_str(),
                 static_cast<long>(limit_.count()));
    std::abort();
  }

  std::chrono::seconds limit_;
  std::string what_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

/// The name of the test that runs.
inline std::string test_name() {
  const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
  return info != nullptr ? std::string(info->test_suite_name()) + "." + info->name() : "?";
}

/// A fixture under the watchdog.
class watched : public testing::Test {
 private:
  watchdog dog_{test_name()};
};

/// Each goroutine has its own.
using dice = test::dice<test::xorshift, std::uint64_t>;

/// Keeps this CPU busy without a call into the kernel or the library.
inline void burn(unsigned turns) {
  for (volatile unsigned i = 0; i < turns;) i = i + 1;
}

/// Counts what is alive of the values that tests send.
class counted {
 public:
  explicit counted(std::atomic<long>& alive) : alive_(&alive) { alive_->fetch_add(1); }
  counted(const counted& o) : alive_(o.alive_) { alive_->fetch_add(1); }
  counted& operator=(const counted&) = default;
  ~counted() { alive_->fetch_sub(1); }

 private:
  std::atomic<long>* alive_;
};

}  // namespace stress
