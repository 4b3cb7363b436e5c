// A goroutine that takes values at any time, and hands them out in order at any time. While it has
// none, the sending case of its select is that of a nil channel: never ready.
// After the buffer of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
#include <cstdio>
#include <deque>
#include <offset/offset.hpp>
#include <optional>

void buffer(offset::recv_chan<int> in, offset::send_chan<int> out) {
  std::deque<int> waiting;
  while (in || !waiting.empty()) {
    const int next = waiting.empty() ? 0 : waiting.front();
    const auto ready = waiting.empty() ? offset::send_chan<int>() : out;
    std::optional<int> value;
    switch (offset::select(in.if_recv(value), ready.if_send(next))) {
      case 0:
        if (value)
          waiting.push_back(*value);
        else
          in = {};  // closed: nothing more to take
        break;
      case 1: waiting.pop_front(); break;
    }
  }
  out.close();
}

int main() {
  return offset::run([] {
    auto in = offset::make_chan<int>();
    auto out = offset::make_chan<int>();
    offset::go(buffer, in, out);

    for (int i = 1; i <= 1000; ++i) in.send(i);
    std::puts("1000 values sent, and nobody has received yet");
    in.close();

    int count = 0;
    bool in_order = true;
    for (int value : out) in_order = value == ++count && in_order;
    std::printf("%d values received %s\n", count, in_order ? "in order" : "in disorder");
  });
}
