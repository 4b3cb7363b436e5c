// Waits for an answer, but not for ever: a timeout is one more case of the select.
// After "Timeouts" in Go by Example.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

using namespace std::chrono_literals;

// Answers after `delay`; the buffer lets it finish although nobody waits any longer.
offset::recv_chan<std::string> ask(std::string question, std::chrono::milliseconds delay) {
  auto answer = offset::make_chan<std::string>(1);
  offset::go([=] {
    offset::time::sleep(delay);
    answer.send("answer to " + question);
  });
  return answer;
}

void wait_for(offset::recv_chan<std::string> answers, std::chrono::milliseconds patience) {
  std::string answer;
  switch (offset::select(answers.if_recv(answer), offset::timeout(patience))) {
    case 0: std::puts(answer.c_str()); break;
    case 1: std::puts("timeout"); break;
  }
}

int main() {
  return offset::run([] {
    wait_for(ask("a slow question", 300ms), 100ms);
    wait_for(ask("a quick question", 100ms), 300ms);
  });
}
