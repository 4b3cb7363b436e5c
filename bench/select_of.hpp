/// \file
/// A select over several channels without buffers: what four workloads do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <offset/offset.hpp>
#include <span>
#include <stdexcept>
#include <vector>

namespace bench {

enum class producers {
  one_each,      ///< a goroutine sends to each channel
  one_in_turns,  ///< one goroutine sends to all of them in turns
};

/// Starts those who send `count` numbers, as many to each channel.
inline void produce(std::span<const offset::chan<std::int64_t>> channels, std::int64_t count,
                    producers who) {
  const std::int64_t share = count / static_cast<std::int64_t>(channels.size());
  if (who == producers::one_each) {
    for (const auto& c : channels)
      offset::go([c, share] {
        for (std::int64_t n = 0; n < share; ++n) c.send(n);
      });
    return;
  }
  offset::go([list = std::vector(channels.begin(), channels.end()), share] {
    for (std::int64_t n = 0; n < share; ++n)
      for (const auto& c : list) c.send(n);
  });
}

inline void check_sum(std::int64_t sum) {
  if (sum != 0) throw std::logic_error("select: a message was lost");
}

/// `count` selects. What every second channel brings is taken from the sum, so that it ends at 0.
inline void select_of_2(std::int64_t count, producers who) {
  const auto a = offset::make_chan<std::int64_t>();
  const auto b = offset::make_chan<std::int64_t>();
  produce(std::array{a, b}, count, who);
  std::int64_t sum = 0;
  std::int64_t value = 0;
  for (std::int64_t n = 0; n < count; ++n)
    switch (offset::select(a.if_recv(value), b.if_recv(value))) {
      case 0: sum += value; break;
      case 1: sum -= value; break;
    }
  check_sum(sum);
}

inline void select_of_8(std::int64_t count, producers who) {
  std::array<offset::chan<std::int64_t>, 8> c;
  for (auto& made : c) made = offset::make_chan<std::int64_t>();
  produce(c, count, who);
  std::int64_t sum = 0;
  std::int64_t value = 0;
  for (std::int64_t n = 0; n < count; ++n)
    switch (offset::select(c[0].if_recv(value), c[1].if_recv(value), c[2].if_recv(value),
                           c[3].if_recv(value), c[4].if_recv(value), c[5].if_recv(value),
                           c[6].if_recv(value), c[7].if_recv(value))) {
      case 0:
      case 2:
      case 4:
      case 6: sum += value; break;
      default: sum -= value; break;
    }
  check_sum(sum);
}

}  // namespace bench
