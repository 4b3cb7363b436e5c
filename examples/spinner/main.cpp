// A goroutine turns a spinner while another thinks; each thought is one beat, so that the number of
// turns is the same in every run. Closing the channel of beats wipes the spinner away.
// After the spinner of "Fluent Python" and "The Go Programming Language".
#include <cstdio>
#include <offset/offset.hpp>

long fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

void spin(const char* message, offset::recv_chan<void> beats, offset::send_chan<void> done) {
  int turn = 0;
  while (beats.recv()) std::printf("\r%c %s", "|/-\\"[turn++ % 4], message);
  std::printf("\r%20s\r", "");
  done.send();
}

int main() {
  return offset::run([] {
    auto beats = offset::make_chan<void>();
    auto done = offset::make_chan<void>();
    offset::go(spin, "thinking", beats, done);

    long answer = 0;
    for (int n = 0; n <= 20; ++n) {
      answer = fibonacci(n);
      beats.send();
    }
    beats.close();
    done.recv();
    std::printf("Answer: %ld\n", answer);
  });
}
