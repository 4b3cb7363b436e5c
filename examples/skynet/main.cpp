// Every goroutine starts ten, and those ten each, down to 100,000 leaves; the numbers of the leaves
// are added up on the way back.
// After the skynet benchmark, with a tenth of its leaves.
#include <cstdio>
#include <offset/offset.hpp>

void node(long first, long leaves, offset::send_chan<long> parent) {
  if (leaves == 1) {
    parent.send(first);
    return;
  }
  auto children = offset::make_chan<long>(10);
  for (long i = 0; i < 10; ++i) offset::go(node, first + i * leaves / 10, leaves / 10, children);
  long sum = 0;
  for (int i = 0; i < 10; ++i) sum += children.recv().value();
  parent.send(sum);
}

int main() {
  return offset::run([] {
    auto answer = offset::make_chan<long>();
    offset::go(node, 0, 100'000, answer);
    std::printf("%ld\n", answer.recv().value());
  });
}
