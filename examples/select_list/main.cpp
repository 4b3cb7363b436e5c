// A select over as many channels as there happen to be. An empty select_case is a case of a nil
// channel: that is how one that is closed is taken out.
// After the documentation of Go's reflect.Select.
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <optional>
#include <vector>

offset::recv_chan<int> multiples(int of, int count) {
  auto out = offset::make_chan<int>();
  offset::go([=] {
    for (int i = 1; i <= count; ++i) out.send(of * i);
    out.close();
  });
  return out;
}

int main() {
  return offset::run([] {
    constexpr std::size_t count = 6;
    std::vector<std::optional<int>> values(count);
    std::vector<int> totals(count);
    std::vector<offset::select_case> cases;
    for (std::size_t i = 0; i < count; ++i)
      cases.emplace_back(multiples(static_cast<int>(i) + 1, 10).if_recv(values[i]));

    for (std::size_t open = count; open > 0;) {
      const std::size_t chosen = offset::select(cases);
      if (values[chosen]) {
        totals[chosen] += *values[chosen];
      } else {
        cases[chosen] = {};
        --open;
      }
    }
    for (std::size_t i = 0; i < count; ++i) std::printf("source %zu: %d\n", i + 1, totals[i]);
  });
}
