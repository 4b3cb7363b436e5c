// The numbers that have no other prime factor than 2, 3 and 5, in order: each that is found is sent
// to three multipliers, and the smallest of what comes back is the next.
// After Hamming's problem in Dijkstra's "A Discipline of Programming".
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>

void multiply(long factor, offset::recv_chan<long> in, offset::send_chan<long> out) {
  for (long n : in) out.send(factor * n);
}

int main() {
  return offset::run([] {
    constexpr int count = 60;
    constexpr std::array<long, 3> factors{2, 3, 5};
    std::array<offset::chan<long>, 3> in;
    std::array<offset::chan<long>, 3> out;
    std::array<long, 3> head{};
    for (std::size_t i = 0; i < factors.size(); ++i) {
      in[i] = offset::make_chan<long>(count);
      out[i] = offset::make_chan<long>(count);
      offset::go(multiply, factors[i], in[i], out[i]);
      in[i].send(1);
      head[i] = out[i].recv().value();
    }
    std::printf("1");
    for (int n = 1; n < count; ++n) {
      const long next = std::ranges::min(head);
      std::printf(" %ld", next);
      for (const auto& c : in) c.send(next);
      for (std::size_t i = 0; i < factors.size(); ++i)
        if (head[i] == next) head[i] = out[i].recv().value();
    }
    std::puts("");
  });
}
