// A server that is told to end by a signal finishes what it has begun: the signal cancels a
// context, the context ends the waiting for work, and main waits for the workers.
#include <csignal>
#include <cstdio>
#include <offset/offset.hpp>
#include <unistd.h>

int main() {
  return offset::run([] {
    const auto [ctx, stop] =
        offset::os::notify_context(offset::context::background(), SIGINT, SIGTERM);

    auto requests = offset::make_chan<int>();
    auto served = offset::make_chan<int>(100);
    offset::sync::wait_group workers;
    for (int i = 0; i < 3; ++i)
      workers.go([ctx = ctx, requests, served] {
        for (int r = 0; requests.recv(ctx, r) == offset::op_status::ok;) served.send(r);
      });

    for (int r = 1; r <= 10; ++r) requests.send(r);
    kill(getpid(), SIGTERM);
    ctx.done().recv();
    std::printf("shutting down: %s\n", ctx.err().message().c_str());
    workers.wait();
    stop();

    int sum = 0;
    served.close();
    for (const int r : served) sum += r;
    std::printf("served all that had come, the sum of their numbers is %d\n", sum);
  });
}
