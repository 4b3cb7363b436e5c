// The listener tells the talker when to stop: the talker's select either speaks or quits.
// After the quit channel of Rob Pike's talk "Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

offset::recv_chan<std::string> talker(std::string name, offset::recv_chan<void> quit) {
  auto lines = offset::make_chan<std::string>();
  offset::go([=] {
    for (int i = 1;; ++i)
      if (offset::select(lines.if_send(name + " " + std::to_string(i)), quit.if_recv()) == 1)
        return;
  });
  return lines;
}

int main() {
  return offset::run([] {
    auto quit = offset::make_chan<void>();
    const auto joe = talker("Joe", quit);
    for (int i = 0; i < 5; ++i) std::puts(joe.recv().value().c_str());
    quit.send();
    std::puts("Joe took the hint");
  });
}
