/// \file
/// Messages from several senders to several receivers over one channel: what several workloads do.
#pragma once

#include <cstdint>
#include <offset/offset.hpp>

#include "workload.hpp"

namespace bench {

/// `count` messages over a channel of `capacity`, from `width` senders to `width` receivers, each
/// of which sends or receives its equal share.
inline void many_to_many(std::int64_t count, int width, int capacity) {
  const auto messages = offset::make_chan<std::int64_t>(capacity);
  const std::int64_t share = count / width;
  offset::sync::wait_group all;
  for (int i = 0; i < width; ++i) {
    all.go([=] {
      for (std::int64_t n = 0; n < share; ++n) messages.send(n);
    });
    all.go([=] {
      std::int64_t value = 0;
      for (std::int64_t n = 0; n < share; ++n) messages.recv(value);
      keep(value);
    });
  }
  all.wait();
}

}  // namespace bench
