// A function says in its signature whether it only sends to a channel or only receives from it;
// the compiler rejects the rest.
// After "Channel Directions" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

void write_letter(offset::send_chan<std::string> post, std::string text) { post.send(text); }

void deliver(offset::recv_chan<std::string> post, offset::send_chan<std::string> door) {
  door.send("delivered: " + post.recv().value());
}

int main() {
  return offset::run([] {
    auto post = offset::make_chan<std::string>(1);
    auto door = offset::make_chan<std::string>(1);
    write_letter(post, "a letter");  // a chan converts to either direction by itself
    deliver(post, door);
    std::puts(door.recv().value().c_str());
  });
}
