// Two players hit a ball to and fro; the umpire announces each hit, and ends the game when none
// came for a while.
// After the ping-pong of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

using namespace std::chrono_literals;

struct ball {
  int hits = 0;
};

void player(std::string name, offset::recv_chan<ball> in, offset::send_chan<ball> out,
            offset::send_chan<std::string> umpire) {
  for (ball b : in) {
    ++b.hits;
    umpire.send(name + " " + std::to_string(b.hits));
    if (b.hits == 7) return;  // into the net: the ball does not come back
    offset::time::sleep(10ms);
    out.send(b);
  }
}

int main() {
  return offset::run([] {
    auto left = offset::make_chan<ball>();
    auto right = offset::make_chan<ball>();
    auto umpire = offset::make_chan<std::string>();
    offset::go(player, "ping", left, right, umpire);
    offset::go(player, "pong", right, left, umpire);

    left.send({});  // the game is on
    for (;;) {
      std::string hit;
      switch (offset::select(umpire.if_recv(hit), offset::timeout(200ms))) {
        case 0: std::puts(hit.c_str()); break;
        case 1: std::puts("timeout: the game is over"); return;
      }
    }
  });
}
