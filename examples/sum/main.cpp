// Adds up the two halves of a list in two goroutines, which answer over one channel.
// After "Channels" in A Tour of Go. Either half may answer first, so only the total is printed.
#include <cstdio>
#include <numeric>
#include <offset/offset.hpp>
#include <span>
#include <vector>

void sum(std::span<const int> numbers, offset::send_chan<int> answer) {
  answer.send(std::accumulate(numbers.begin(), numbers.end(), 0));
}

int main() {
  return offset::run([] {
    const std::vector<int> numbers{7, 2, 8, -9, 4, 0};
    const std::span<const int> all(numbers);
    const std::size_t half = all.size() / 2;

    auto answer = offset::make_chan<int>();
    offset::go(sum, all.first(half), answer);
    offset::go(sum, all.subspan(half), answer);

    const int x = answer.recv().value();
    const int y = answer.recv().value();
    std::printf("total: %d\n", x + y);
  });
}
