// A channel with a buffer takes values although nobody receives yet, and gives them back in order.
// After "Buffered Channels" in A Tour of Go and "Channel Buffering" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

int main() {
  return offset::run([] {
    auto c = offset::make_chan<std::string>(2);
    c.send("first");
    c.send("second");
    std::printf("%zu of %zu places taken\n", c.len(), c.cap());

    std::printf("%s\n", c.recv().value().c_str());
    std::printf("%s\n", c.recv().value().c_str());
    std::printf("%zu of %zu places taken\n", c.len(), c.cap());
  });
}
