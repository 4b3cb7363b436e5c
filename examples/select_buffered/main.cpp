// A select over two buffered channels: numbers until somebody says quit. What lies in the first
// buffer when that happens is not lost, it is received afterwards.
// After demo_select_buffered of the Python package offset.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    auto numbers = offset::make_chan<int>(5);
    auto quit = offset::make_chan<void>(1);
    auto ended = offset::make_chan<void>();
    offset::go([=] {
      int next = 0;
      for (;;) switch (offset::select(numbers.if_send(next), quit.if_recv())) {
          case 0: ++next; break;
          case 1:
            std::printf("told to quit; %d numbers were sent\n", next);
            numbers.close();
            ended.close();
            return;
        }
    });
    for (int i = 0; i < 5; ++i) std::printf("%d\n", numbers.recv().value());
    while (numbers.len() < numbers.cap()) offset::yield();
    quit.send();
    ended.recv();
    for (int number : numbers) std::printf("left over: %d\n", number);
  });
}
