// A function can be called as usual, or started as a goroutine; so can a lambda.
// After "Goroutines" in Go by Example. Goroutines that run at the same time speak in any order, so
// what they say is collected and put in order before it is printed.
#include <cstdio>
#include <offset/offset.hpp>
#include <set>
#include <string>

void count(std::string who, offset::send_chan<std::string> lines) {
  for (int i = 1; i <= 3; ++i) lines.send(who + " " + std::to_string(i));
}

int main() {
  return offset::run([] {
    auto lines = offset::make_chan<std::string>(7);
    count("called", lines);
    while (lines.len() > 0) std::puts(lines.recv().value().c_str());

    offset::go(count, "function", lines);
    offset::go([=] { lines.send("lambda"); });
    std::set<std::string> said;
    while (said.size() < 4) said.insert(lines.recv().value());
    for (const std::string& line : said) std::puts(line.c_str());
  });
}
