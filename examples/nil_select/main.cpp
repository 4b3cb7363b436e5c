// A nil channel is never ready, so a case of a select is switched off by setting its handle to nil.
// Of two channels with something to say, only the one that is switched on is heard.
// After the nil channels of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

int main() {
  return offset::run([] {
    const auto cats = offset::make_chan<std::string>(1);
    const auto dogs = offset::make_chan<std::string>(1);
    cats.send("meow");
    dogs.send("woof");

    for (const char* guest : {"cat lover", "dog lover", "neither"}) {
      const std::string who = guest;
      const auto a = who == "cat lover" ? cats : offset::chan<std::string>();
      const auto b = who == "dog lover" ? dogs : offset::chan<std::string>();
      std::string noise;
      switch (offset::select(a.if_recv(noise), b.if_recv(noise), offset::otherwise)) {
        case 0: std::printf("%s hears the cat: %s\n", guest, noise.c_str()); break;
        case 1: std::printf("%s hears the dog: %s\n", guest, noise.c_str()); break;
        case 2: std::printf("%s hears nothing\n", guest); break;
      }
    }
  });
}
