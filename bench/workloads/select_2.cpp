// A select receives from two channels without buffers, each with a sender of its own.
#include <offset/offset.hpp>
#include <stdexcept>

#include "workload.hpp"

static const bench::workload select_2("select_2", 2'000'000, [](std::int64_t count) {
  const auto a = offset::make_chan<std::int64_t>();
  const auto b = offset::make_chan<std::int64_t>();
  for (const auto& c : {a, b})
    offset::go([c, share = count / 2] {
      for (std::int64_t n = 0; n < share; ++n) c.send(n);
    });
  std::int64_t sum = 0;
  std::int64_t value = 0;
  for (std::int64_t n = 0; n < count; ++n)
    switch (offset::select(a.if_recv(value), b.if_recv(value))) {
      case 0: sum += value; break;
      case 1: sum -= value; break;
    }
  if (sum != 0) throw std::logic_error("select_2: a message was lost");
});
