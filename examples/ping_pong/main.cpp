// Two players share a table with one ball. The ball is moved, never copied: who has it may hit it,
// without any lock.
// After the ping-pong of Sameer Ajmani's talk "Advanced Go Concurrency Patterns"; the game ends
// after a number of hits instead of a second.
#include <cstdio>
#include <memory>
#include <offset/offset.hpp>
#include <string>
#include <utility>

struct ball {
  int hits = 0;
  std::string last;
};

using table = offset::chan<std::unique_ptr<ball>>;

void play(std::string name, table t, offset::send_chan<std::unique_ptr<ball>> net) {
  for (auto& b : t) {
    ++b->hits;
    b->last = name;
    if (b->hits == 1001)
      net.send(std::move(b));
    else
      t.send(std::move(b));
  }
}

int main() {
  return offset::run([] {
    auto t = offset::make_chan<std::unique_ptr<ball>>();
    auto net = offset::make_chan<std::unique_ptr<ball>>();
    offset::go(play, "ping", t, net);
    offset::go(play, "pong", t, net);

    t.send(std::make_unique<ball>());  // the game is on
    const auto b = net.recv().value();
    std::printf("%d hits\n", b->hits);
    std::puts(b->last == "ping" || b->last == "pong" ? "a player hit it last" : "nobody hit it");
  });
}
