// Four producers fill a buffer, three consumers empty it. The channel is the buffer, with its lock
// and its two conditions; the last producer to finish closes it.
// After Dijkstra's problem; who consumes what is open, so only totals are printed.
#include <cstdio>
#include <offset/offset.hpp>

struct share {
  int count = 0;
  int total = 0;
};

int main() {
  return offset::run([] {
    auto buffer = offset::make_chan<int>(5);
    auto shares = offset::make_chan<share>();
    for (int i = 0; i < 3; ++i)
      offset::go([=] {
        share mine;
        for (int item : buffer) {
          ++mine.count;
          mine.total += item;
        }
        shares.send(mine);
      });

    offset::sync::wait_group producers;
    for (int producer = 0; producer < 4; ++producer)
      producers.go([=] {
        for (int i = 1; i <= 100; ++i) buffer.send(producer * 100 + i);
      });
    producers.wait();
    buffer.close();

    share all;
    for (int i = 0; i < 3; ++i) {
      const share one = shares.recv().value();
      all.count += one.count;
      all.total += one.total;
    }
    std::printf("%d items, total %d\n", all.count, all.total);
  });
}
