// A look into two empty channels: a select of two cases and a default.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload
    select_default_2("select_default_2", 5'000'000, [](std::int64_t count) {
      const auto a = offset::make_chan<std::int64_t>();
      const auto b = offset::make_chan<std::int64_t>();
      std::int64_t value = 0;
      std::int64_t nothing = 0;
      for (std::int64_t n = 0; n < count; ++n)
        switch (offset::select(a.if_recv(value), b.if_recv(value), offset::otherwise)) {
          case 0:
          case 1: break;
          case 2: ++nothing; break;
        }
      bench::keep(nothing);
    });
