// Two players at the table, and nobody brings a ball: the runtime sees that they would wait for
// ever.
// After the deadlock of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>

void play(offset::chan<int> table) {
  for (int hits : table) table.send(hits + 1);
}

int main() {
  return offset::run([] {
    auto table = offset::make_chan<int>();
    offset::go(play, table);
    offset::go(play, table);
    std::puts("who has the ball?");
    std::printf("%d hits\n", table.recv().value());
  });
}
