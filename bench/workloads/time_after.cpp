// A select receives from a channel without a buffer, beside a time::after of a second made for it.
#include <chrono>
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload time_after("time_after", 1'000'000, [](std::int64_t count) {
  const auto messages = offset::make_chan<std::int64_t>();
  offset::go([=] {
    for (std::int64_t n = 0; n < count; ++n) messages.send(n);
  });
  std::int64_t value = 0;
  for (std::int64_t received = 0; received < count;)
    switch (offset::select(messages.if_recv(value),
                           offset::time::after(std::chrono::seconds(1)).if_recv())) {
      case 0: ++received; break;
      case 1: break;
    }
});
