/// \file
/// What the workloads on Boost.Fiber share.
#pragma once

#include <atomic>
#include <boost/fiber/all.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "../../shared.hpp"
#include "kept_stacks.hpp"

namespace bench {

namespace fibers = boost::fibers;

enum class start {
  warm,    // a tenth of the count is performed before, and not measured
  cold,    // measured from the first operation
  by_own,  // performed once; it measures itself, and calls report
};

enum class figure {
  each,  // nanoseconds per operation
  all,   // milliseconds for all of them
};

struct workload {
  workload(const char* name, std::int64_t count, void (*perform)(std::int64_t),
           start from = start::warm, figure shown = figure::each);
};

void report(const char* name, double value, const char* unit);

/// Starts a detached fiber.
template <class F>
void go(fibers::launch how, F f) {
  fibers::fiber(how, std::allocator_arg, kept_stacks(), std::move(f)).detach();
}
template <class F>
void go(F f) {
  go(fibers::launch::post, std::move(f));
}

/// A count that fibers bring to zero, and one waits for. Shared, because the last of them is still
/// in it when the one who waits has been woken.
class countdown {
 public:
  explicit countdown(std::int64_t count) : left_(count) {}
  void done() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) zero_.set_value();
  }
  void wait() { zero_.get_future().get(); }

 private:
  std::atomic<std::int64_t> left_;
  fibers::promise<void> zero_;
};
inline std::shared_ptr<countdown> make_countdown(std::int64_t count) {
  return std::make_shared<countdown>(count);
}

template <class T>
using unbuffered = fibers::unbuffered_channel<T>;
template <class T>
using buffered = fibers::buffered_channel<T>;

}  // namespace bench
