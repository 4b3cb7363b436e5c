// Two goroutines wait for each other, for ever. The runtime sees that nobody is left who could
// wake them, says where each waits, and ends the program with status 2.
// After the classic deadlock of every text on channels.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    auto ask = offset::make_chan<int>();
    auto answer = offset::make_chan<int>();
    offset::go([=] {
      answer.recv();  // "after you"
      ask.send(1);
    });
    std::puts("after you");
    ask.recv();  // "no, after you"
    answer.send(1);
    std::puts("never printed");
  });
}
