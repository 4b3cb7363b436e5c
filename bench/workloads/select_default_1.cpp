// A look into an empty channel: a select of one case and a default.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload
    select_default_1("select_default_1", 50'000'000, [](std::int64_t count) {
      const auto c = offset::make_chan<std::int64_t>();
      std::int64_t value = 0;
      std::int64_t nothing = 0;
      for (std::int64_t n = 0; n < count; ++n)
        switch (offset::select(c.if_recv(value), offset::otherwise)) {
          case 0: break;
          case 1: ++nothing; break;
        }
      bench::keep(nothing);
    });
