// Closing says "no more values": what was sent before still arrives, and then every receive tells
// at once that there is nothing left.
// After "Closing Channels" in Go by Example; the worker starts late, so that the order is fixed.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    auto jobs = offset::make_chan<int>(5);
    auto done = offset::make_chan<void>();

    for (int job = 1; job <= 3; ++job) {
      jobs.send(job);
      std::printf("sent job %d\n", job);
    }
    jobs.close();
    std::puts("sent all jobs");

    offset::go([=] {
      while (auto job = jobs.recv()) std::printf("received job %d\n", *job);
      std::puts("received all jobs");
      done.close();
    });
    done.recv();

    int job = -1;
    const bool more = jobs.recv(job);
    std::printf("more jobs: %s, value %d\n", more ? "yes" : "no", job);
  });
}
