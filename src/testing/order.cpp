#include "testing/order.h"

#include <algorithm>

namespace offset::inline v0::testing {
namespace {

constexpr std::uint32_t most_streak = 1'000;
constexpr std::uint32_t least_length_log2 = 3;
constexpr std::uint32_t most_length_log2 = 12;

}  // namespace

random_walk::random_walk(std::uint64_t seed) : random_(seed) {
  constexpr std::uint32_t choices[] = {1, 2, 4, 16};
  one_in_ = choices[random_.below(4)];
}

std::size_t random_walk::choose(const std::vector<std::uint64_t>& ready) {
  return random_.below(static_cast<std::uint32_t>(ready.size()));
}

bool random_walk::gives_way(std::uint64_t) { return random_.below(one_in_) == 0; }

priorities::priorities(std::uint64_t seed, unsigned depth) : random_(seed) {
  const std::uint32_t length =
      1U << (least_length_log2 + random_.below(most_length_log2 - least_length_log2 + 1));
  for (unsigned i = 1; i < depth; ++i) changes_.push_back(random_.below(length));
}

std::int64_t priorities::of(std::uint64_t id) {
  const auto [at, is_new] = priority_.try_emplace(id, 0);
  if (is_new) at->second = std::int64_t{1} + random_.next();
  return at->second;
}

std::size_t priorities::choose(const std::vector<std::uint64_t>& ready) {
  for (;;) {
    // Everyone draws before one is chosen, in the order in which they became ready.
    std::size_t best = 0;
    std::int64_t highest = of(ready[0]);
    for (std::size_t i = 1; i < ready.size(); ++i)
      if (const std::int64_t its = of(ready[i]); its > highest) {
        highest = its;
        best = i;
      }
    if (ready.size() == 1 || ready[best] != last_) {
      last_ = ready[best];
      streak_ = 0;
      return best;
    }
    if (++streak_ < most_streak) return best;
    lower(last_);
    streak_ = 0;
  }
}

bool priorities::gives_way(std::uint64_t id) {
  const std::uint32_t now = point_++;
  if (std::find(changes_.begin(), changes_.end(), now) != changes_.end()) lower(id);
  return true;  // choose decides who is the highest now
}

std::unique_ptr<order> make_order(const options& o, std::uint64_t seed) {
  const bool by_priorities =
      o.how == strategy::priorities || (o.how == strategy::by_seed && seed % 2 != 0);
  if (by_priorities) return std::make_unique<priorities>(seed, o.depth);
  return std::make_unique<random_walk>(seed);
}

}  // namespace offset::inline v0::testing
