// A timer made before the loop limits the whole conversation: each word comes in time, and still
// there is an end.
// After the timeout for the whole conversation of Rob Pike's talk "Go Concurrency Patterns"; how
// many words are heard varies, and is not printed.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

offset::recv_chan<int> talker() {
  auto words = offset::make_chan<int>();
  offset::go([=] {
    for (int i = 1;; ++i) {
      words.send(i);
      offset::time::sleep(5ms);
    }
  });
  return words;
}

int main() {
  return offset::run([] {
    const auto words = talker();
    const auto enough = offset::time::after(100ms);
    int heard = 0;
    bool in_order = true;
    for (;;) {
      int word = 0;
      switch (offset::select(words.if_recv(word), enough.if_recv())) {
        case 0: in_order = word == ++heard && in_order; break;
        case 1:
          std::puts(heard > 0 && in_order ? "some words, in order" : "not what was said");
          std::puts("you talk too much");
          return;
      }
    }
  });
}
