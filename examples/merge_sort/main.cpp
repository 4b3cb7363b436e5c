// Sorts by halves: each half is sorted by goroutines of its own and arrives, in order, on a
// channel; merging takes the smaller of the two heads again and again.
// After the textbook's merge sort, with channels between the levels.
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <span>
#include <vector>

offset::recv_chan<int> sorted(std::span<const int> numbers) {
  auto out = offset::make_chan<int>(8);
  offset::go([=] {
    if (numbers.size() == 1) {
      out.send(numbers[0]);
    } else {
      const auto left = sorted(numbers.first(numbers.size() / 2));
      const auto right = sorted(numbers.subspan(numbers.size() / 2));
      auto a = left.recv();
      auto b = right.recv();
      while (a || b) {
        auto& smaller = !b || (a && *a <= *b) ? a : b;
        out.send(*smaller);
        smaller = (&smaller == &a ? left : right).recv();
      }
    }
    out.close();
  });
  return out;
}

int main() {
  return offset::run([] {
    std::vector<int> numbers;
    for (int i = 0, n = 7; i < 500; ++i, n = (n * 421 + 1663) % 7875) numbers.push_back(n);

    int count = 0;
    int inversions = 0;
    int last = 0;
    for (int n : sorted(numbers)) {
      if (count % 50 == 0) std::printf("number %d is %d\n", count, n);
      if (n < last) ++inversions;
      last = n;
      ++count;
    }
    std::printf("%d numbers, %d out of order\n", count, inversions);
  });
}
