// A search page asks three replicas of each server and takes the first answer: one slow machine
// does no harm any longer.
// After Google Search 3.0 in Rob Pike's talk "Go Concurrency Patterns".
#include <chrono>
#include <cstdio>
#include <iterator>
#include <offset/offset.hpp>
#include <set>
#include <string>

using namespace std::chrono_literals;

struct replica {
  const char* name;
  std::chrono::milliseconds latency;
};

struct service {
  const char* kind;
  replica replicas[3];
};

constexpr service services[] = {
    {"web", {{"a", 1h}, {"b", 20ms}, {"c", 300ms}}},
    {"images", {{"a", 20ms}, {"b", 300ms}, {"c", 1h}}},
    {"videos", {{"a", 1h}, {"b", 300ms}, {"c", 20ms}}},
};

// The buffer lets the others finish, although nobody waits for them any longer.
std::string first(const service& s) {
  auto answers = offset::make_chan<std::string>(std::size(s.replicas));
  for (const replica& r : s.replicas)
    offset::go([=, kind = s.kind] {
      offset::time::sleep(r.latency);
      answers.send(std::string(kind) + " from replica " + r.name);
    });
  return answers.recv().value();
}

int main() {
  return offset::run([] {
    auto answers = offset::make_chan<std::string>(std::size(services));
    for (const service& s : services) offset::go([=] { answers.send(first(s)); });

    std::set<std::string> results;
    while (results.size() < std::size(services)) results.insert(answers.recv().value());
    for (const std::string& result : results) std::puts(result.c_str());
  });
}
