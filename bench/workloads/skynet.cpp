// A tree of goroutines, ten below each, a million leaves; each sends the sum of what is below it to
// the one above. Cold: what the runtime has to get from the system for them is part of it.
#include <offset/offset.hpp>
#include <stdexcept>

#include "workload.hpp"

static void node(offset::chan<std::int64_t> up, std::int64_t number, std::int64_t leaves) {
  if (leaves == 1) {
    up.send(number);
    return;
  }
  const auto children = offset::make_chan<std::int64_t>();
  const std::int64_t share = leaves / 10;
  for (std::int64_t i = 0; i < 10; ++i) offset::go(node, children, number + i * share, share);
  std::int64_t sum = 0;
  std::int64_t value = 0;
  for (int i = 0; i < 10; ++i) {
    children.recv(value);
    sum += value;
  }
  up.send(sum);
}

static const bench::workload skynet(
    "skynet", 1'000'000,
    [](std::int64_t count) {
      const auto result = offset::make_chan<std::int64_t>();
      offset::go(node, result, 0, count);
      std::int64_t sum = 0;
      result.recv(sum);
      if (sum != count * (count - 1) / 2) throw std::logic_error("skynet: a wrong sum");
    },
    bench::start::cold, bench::figure::all);
