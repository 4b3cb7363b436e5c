// A select receives from a channel without a buffer, for a second at most: offset::timeout. Its
// twin in Go is that of time_after, since Go has no other way to say it.
#include <chrono>
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload select_timeout("select_timeout", 2'000'000, [](std::int64_t count) {
  const auto messages = offset::make_chan<std::int64_t>();
  offset::go([=] {
    for (std::int64_t n = 0; n < count; ++n) messages.send(n);
  });
  std::int64_t value = 0;
  for (std::int64_t received = 0; received < count;)
    switch (offset::select(messages.if_recv(value), offset::timeout(std::chrono::seconds(1)))) {
      case 0: ++received; break;
      case 1: break;
    }
});
