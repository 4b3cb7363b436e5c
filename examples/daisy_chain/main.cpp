// Whispers a number through a chain of 100,000 goroutines, each of which adds one.
// After the daisy chain of Rob Pike's talk "Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>

void whisper(offset::send_chan<int> left, offset::recv_chan<int> right) {
  left.send(1 + right.recv().value());
}

int main() {
  return offset::run([] {
    const auto leftmost = offset::make_chan<int>();
    auto rightmost = leftmost;
    for (int i = 0; i < 100'000; ++i) {
      auto right = offset::make_chan<int>();
      offset::go(whisper, rightmost, right);
      rightmost = right;
    }
    rightmost.send(1);
    std::printf("%d\n", leftmost.recv().value());
  });
}
