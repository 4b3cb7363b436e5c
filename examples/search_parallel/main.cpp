// A search page asks three servers at the same time: it takes as long as the slowest of them.
// After Google Search 2.0 in Rob Pike's talk "Go Concurrency Patterns"; the answers come in any
// order, and are put in order before they are printed.
#include <chrono>
#include <cstdio>
#include <iterator>
#include <offset/offset.hpp>
#include <set>
#include <string>

using namespace std::chrono_literals;

struct server {
  const char* kind;
  std::chrono::milliseconds latency;
};

constexpr server servers[] = {{"web", 30ms}, {"images", 50ms}, {"videos", 40ms}};

std::string search(const server& s, const std::string& query) {
  offset::time::sleep(s.latency);
  return std::string(s.kind) + " for " + query;
}

int main() {
  return offset::run([] {
    auto answers = offset::make_chan<std::string>();
    for (const server& s : servers) offset::go([=] { answers.send(search(s, "golang")); });

    std::set<std::string> results;
    while (results.size() < std::size(servers)) results.insert(answers.recv().value());
    for (const std::string& result : results) std::puts(result.c_str());
  });
}
