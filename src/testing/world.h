// The bubble as its carrier sees it: who can run, what time it is, and when it is over.
//
// When nobody can run, in this order: a blocking call is under way: the carrier really sleeps until
// it comes back; somebody waits in wait_idle: it goes on; main has not ended and a timer is set:
// the clock jumps to it; otherwise it is over, and whoever is left is left waiting for ever.
//
// Touched by the carrier and by the goroutines on it, one at a time (sched/bubble.h): functions
// that goroutines call hide their accesses from ThreadSanitizer, which takes goroutines for
// threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sched/bubble.h"
#include "sched/sched.h"
#include "testing/order.h"

namespace offset::inline v0::testing {

class bubble_world final : public sched::bubble {
 public:
  bubble_world(const options& o, std::uint64_t seed);

  sched::task find_work(sched::f& me) noexcept override;
  bool gives_way(const sched::g& self) noexcept override;
  void yielded(const sched::g& self) noexcept override;
  std::string last_words() const override { return last_words_; }

  /// wait_idle, on one of its goroutines.
  void wait_idle();

  std::uint64_t seed() const noexcept { return seed_; }
  /// After the end: why it failed and who is left; empty when all went well.
  const std::string& verdict() const noexcept { return verdict_; }

 private:
  void collect(sched::f& me);
  sched::task choose();
  void fire(sched::f& me);
  void sleep(sched::f& me) noexcept;
  void end(sched::f& me);

  const std::uint64_t seed_;
  const std::string last_words_;
  const std::unique_ptr<order> order_;
  std::vector<sched::task> ready_;      // in the order in which they became so,
  std::vector<std::uint64_t> numbers_;  // and their numbers
  sched::sleeper waits_for_idle_ = 0;
  std::string verdict_;
};

}  // namespace offset::inline v0::testing
