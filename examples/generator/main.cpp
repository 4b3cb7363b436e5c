// A function that starts a goroutine and returns the channel on which it speaks: a service. Several
// of them run at the same time, and here they take turns, because their listener does.
// After the generator of Rob Pike's talk "Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

offset::recv_chan<std::string> talker(std::string name) {
  auto lines = offset::make_chan<std::string>();
  offset::go([=] {
    for (int i = 1;; ++i) lines.send(name + " says " + std::to_string(i));
  });
  return lines;
}

int main() {
  return offset::run([] {
    const auto joe = talker("Joe");
    const auto ann = talker("Ann");
    for (int i = 0; i < 4; ++i) {
      std::puts(joe.recv().value().c_str());
      std::puts(ann.recv().value().c_str());
    }
    std::puts("I have heard enough");
  });
}
