// Signals come as values on a channel, and nothing else happens to the program: here two that ask
// for a report, and one that ends it. The program sends them to itself, in place of somebody at the
// keyboard.
// After "Signals" of Go by Example.
#include <csignal>
#include <cstdio>
#include <offset/offset.hpp>
#include <unistd.h>

int main() {
  return offset::run([] {
    auto signals = offset::make_chan<offset::os::signal>(1);
    offset::os::notify(signals, SIGINT, SIGTERM, SIGUSR1);

    auto reported = offset::make_chan<int>();
    offset::go([=] {
      for (int n = 1;; ++n) {
        const offset::os::signal s = signals.recv().value();
        if (s != SIGUSR1) {
          std::printf("%s: exiting\n", offset::os::to_string(s).c_str());
          reported.close();
          return;
        }
        reported.send(n);
      }
    });

    std::puts("awaiting a signal");
    for (int i = 0; i < 2; ++i) {
      kill(getpid(), SIGUSR1);
      std::printf("report %d\n", reported.recv().value());
    }
    kill(getpid(), SIGINT);
    reported.recv();
  });
}
