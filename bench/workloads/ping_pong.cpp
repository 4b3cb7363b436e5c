// Two goroutines send a value to and fro over two channels without buffers; an operation is there
// and back.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload ping_pong("ping_pong", 2'000'000, [](std::int64_t count) {
  const auto ping = offset::make_chan<std::int64_t>();
  const auto pong = offset::make_chan<std::int64_t>();
  offset::go([=] {
    std::int64_t value = 0;
    while (ping.recv(value)) pong.send(value);
  });
  std::int64_t value = 0;
  for (std::int64_t n = 0; n < count; ++n) {
    ping.send(n);
    pong.recv(value);
  }
  ping.close();
});
