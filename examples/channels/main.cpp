// A channel takes a value from one goroutine to another. Without a buffer, the sender waits until
// the receiver is there, and the other way round.
// After "Channels" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

int main() {
  return offset::run([] {
    auto messages = offset::make_chan<std::string>();
    offset::go([=] { messages.send("a message from a goroutine"); });

    const std::string message = messages.recv().value();
    std::puts(message.c_str());
  });
}
