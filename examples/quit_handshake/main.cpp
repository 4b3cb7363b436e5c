// Telling a goroutine to quit is not enough when it has something to put away first: it answers on
// the same channel when it is really done.
// After the round trip on quit of Rob Pike's talk "Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

offset::recv_chan<int> talker(offset::chan<std::string> quit) {
  auto words = offset::make_chan<int>();
  offset::go([=] {
    for (int i = 1;; ++i) {
      std::string farewell;
      switch (offset::select(words.if_send(i), quit.if_recv(farewell))) {
        case 0: break;
        case 1:
          std::printf("told \"%s\" before word %d; putting things away\n", farewell.c_str(), i);
          quit.send("see you");
          return;
      }
    }
  });
  return words;
}

int main() {
  return offset::run([] {
    auto quit = offset::make_chan<std::string>();
    const auto words = talker(quit);
    for (int i = 0; i < 3; ++i) std::printf("word %d\n", words.recv().value());
    quit.send("bye");
    std::printf("answered \"%s\"\n", quit.recv().value().c_str());
  });
}
