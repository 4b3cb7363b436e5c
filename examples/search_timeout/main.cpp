// A search page does not wait for a slow server: what has not come in time is left out. One timer
// limits the whole search.
// After Google Search 2.1 in Rob Pike's talk "Go Concurrency Patterns".
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

constexpr server servers[] = {{"web", 20ms}, {"images", 10ms}, {"videos", 1h}};

std::string search(const server& s, const std::string& query) {
  offset::time::sleep(s.latency);
  return std::string(s.kind) + " for " + query;
}

std::set<std::string> search_all(const std::string& query) {
  auto answers = offset::make_chan<std::string>();
  for (const server& s : servers) offset::go([=] { answers.send(search(s, query)); });

  const auto time_is_up = offset::time::after(200ms);
  std::set<std::string> results;
  while (results.size() < std::size(servers)) {
    std::string result;
    switch (offset::select(answers.if_recv(result), time_is_up.if_recv())) {
      case 0: results.insert(result); break;
      case 1: std::puts("timed out"); return results;
    }
  }
  return results;
}

int main() {
  return offset::run([] {
    for (const std::string& result : search_all("golang")) std::puts(result.c_str());
  });
}
