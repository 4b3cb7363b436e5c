// A select waits for two channels at once, and takes what comes first.
// After "Select" in Go by Example.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

using namespace std::chrono_literals;

offset::recv_chan<std::string> letter(std::string text, std::chrono::milliseconds delay) {
  auto post = offset::make_chan<std::string>();
  offset::go([=] {
    offset::time::sleep(delay);
    post.send(text);
  });
  return post;
}

int main() {
  return offset::run([] {
    auto from_far = letter("a letter from far away", 150ms);
    auto from_near = letter("a letter from next door", 50ms);
    std::string text;
    for (int i = 0; i < 2; ++i)
      switch (offset::select(from_far.if_recv(text), from_near.if_recv(text))) {
        case 0: std::printf("far: %s\n", text.c_str()); break;
        case 1: std::printf("near: %s\n", text.c_str()); break;
      }
  });
}
