// A timeout inside the loop starts anew with each message: the conversation may be long, but no
// pause in it.
// After the timeout per message of Rob Pike's talk "Go Concurrency Patterns".
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

offset::recv_chan<int> talker() {
  auto words = offset::make_chan<int>();
  offset::go([=] {
    for (int i = 1;; ++i) {
      offset::time::sleep(i < 5 ? 20ms : 1h);  // the fifth word does not come
      words.send(i);
    }
  });
  return words;
}

int main() {
  return offset::run([] {
    const auto words = talker();
    for (;;) {
      int word = 0;
      switch (offset::select(words.if_recv(word), offset::timeout(200ms))) {
        case 0: std::printf("word %d\n", word); break;
        case 1: std::puts("you are too slow"); return;
      }
    }
  });
}
