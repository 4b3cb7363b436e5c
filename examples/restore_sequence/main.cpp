// Each message brings a channel along, on which its sender waits for leave to go on. So the
// listener keeps two talkers in step although they share one channel.
// After "Restoring sequencing" in Rob Pike's talk "Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>
#include <string>
#include <utility>

struct message {
  std::string text;
  offset::chan<void> go_on;
};

void talk(std::string name, offset::send_chan<message> listener) {
  const auto go_on = offset::make_chan<void>();
  for (int i = 1;; ++i) {
    listener.send({name + " " + std::to_string(i), go_on});
    go_on.recv();
  }
}

int main() {
  return offset::run([] {
    auto messages = offset::make_chan<message>();
    offset::go(talk, "Ann", messages);
    offset::go(talk, "Joe", messages);
    for (int round = 1; round <= 5; ++round) {
      message a = messages.recv().value();
      message b = messages.recv().value();
      if (a.text > b.text) std::swap(a, b);  // who came first varies
      std::printf("%s, %s\n", a.text.c_str(), b.text.c_str());
      a.go_on.send();
      b.go_on.send();
    }
  });
}
