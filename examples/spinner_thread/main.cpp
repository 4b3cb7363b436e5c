// A thread that is not the runtime's own uses channels like anybody else: here it turns the
// spinner, and blocks where a goroutine would park. The goroutine side does not notice.
// After the spinner of "Fluent Python", first with a thread.
#include <cstdio>
#include <offset/offset.hpp>
#include <thread>

void spin(const char* message, offset::recv_chan<void> beats) {
  int turn = 0;
  while (beats.recv()) std::printf("\r%c %s", "|/-\\"[turn++ % 4], message);
  std::printf("\r%20s\r", "");
}

int main() {
  return offset::run([] {
    auto beats = offset::make_chan<void>();
    std::thread spinner(spin, "thinking", beats);
    long steps = 0;
    for (long n = 27; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1)
      if (++steps % 10 == 0) beats.send();
    beats.close();
    offset::blocking([&] { spinner.join(); });
    std::printf("27 comes to 1 after %ld steps\n", steps);
  });
}
