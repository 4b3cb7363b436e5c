// Which goroutine runs next, as a function of the seed. Two strategies.
//
// Random walk: at each scheduling point the running goroutine gives way with a probability that is
// drawn once for the seed; whenever one is to be chosen, all that can run are alike.
//
// Priorities (PCT): each goroutine draws a priority when it is first seen, and the highest always
// runs. At depth - 1 points, drawn among the first `length` ones, the running goroutine falls below
// all others. A bug that needs `depth` orderings among n goroutines is found with a probability of
// at least 1 / (n * length^(depth - 1)). How long a program is cannot be known beforehand if the
// seed alone is to decide, so the seed draws `length` too, evenly on a logarithmic scale. A
// goroutine that yields, or that has kept the others waiting for long, falls as well: it may be
// spinning for one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "offset/testing/bubble.hpp"

namespace offset::inline v0::testing {

class order {
 public:
  virtual ~order() = default;
  /// The index of the next one in `ready`, the numbers of those that can run; never empty.
  virtual std::size_t choose(const std::vector<std::uint64_t>& ready) = 0;
  /// A scheduling point of the running goroutine, while others can run.
  virtual bool gives_way(std::uint64_t id) = 0;
  virtual void yielded(std::uint64_t id) = 0;
};

class random_walk final : public order {
 public:
  explicit random_walk(std::uint64_t seed);
  std::size_t choose(const std::vector<std::uint64_t>& ready) override;
  bool gives_way(std::uint64_t id) override;
  void yielded(std::uint64_t) override {}

 private:
  base::random random_;
  std::uint32_t one_in_;
};

class priorities final : public order {
 public:
  priorities(std::uint64_t seed, unsigned depth);
  std::size_t choose(const std::vector<std::uint64_t>& ready) override;
  bool gives_way(std::uint64_t id) override;
  void yielded(std::uint64_t id) override { lower(id); }

 private:
  std::int64_t of(std::uint64_t id);
  void lower(std::uint64_t id) { priority_[id] = lowest_--; }

  base::random random_;
  std::unordered_map<std::uint64_t, std::int64_t> priority_;
  std::int64_t lowest_ = 0;             // for the next that falls; all drawn ones are above 0
  std::vector<std::uint32_t> changes_;  // points at which the running one falls
  std::uint32_t point_ = 0;
  std::uint64_t last_ = 0;    // chosen last,
  std::uint32_t streak_ = 0;  // so many times in a row while others could run
};

std::unique_ptr<order> make_order(const options& o, std::uint64_t seed);

}  // namespace offset::inline v0::testing
