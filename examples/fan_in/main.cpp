// Two goroutines pass on what two talkers say to one channel: whoever is ready is heard. Each
// talker's words stay in order, which is all that is printed.
// After the fan-in of Rob Pike's talk "Go Concurrency Patterns".
#include <cstdio>
#include <map>
#include <offset/offset.hpp>
#include <string>

struct word {
  std::string name;
  int number;
};

offset::recv_chan<word> talker(std::string name, int count) {
  auto words = offset::make_chan<word>();
  offset::go([=] {
    for (int i = 1; i <= count; ++i) words.send({name, i});
    words.close();
  });
  return words;
}

offset::recv_chan<word> fan_in(offset::recv_chan<word> first, offset::recv_chan<word> second) {
  auto all = offset::make_chan<word>();
  auto over = offset::make_chan<void>();
  for (const auto& source : {first, second})
    offset::go([=] {
      for (const word& w : source) all.send(w);
      over.send();
    });
  offset::go([=] {
    over.recv();
    over.recv();
    all.close();
  });
  return all;
}

int main() {
  return offset::run([] {
    std::map<std::string, std::string> heard;
    for (const auto& [name, number] : fan_in(talker("Joe", 8), talker("Ann", 12)))
      heard[name] += " " + std::to_string(number);
    for (const auto& [name, numbers] : heard) std::printf("%s:%s\n", name.c_str(), numbers.c_str());
  });
}
