// A search page asks three servers, one after the other: it takes as long as all three together.
// After Google Search 1.0 in Rob Pike's talk "Go Concurrency Patterns"; the servers take fixed
// times here, and only what does not depend on the clock's whims is printed.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
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
    const auto start = std::chrono::steady_clock::now();
    for (const server& s : servers) std::puts(search(s, "golang").c_str());
    const auto elapsed = std::chrono::steady_clock::now() - start;
    std::puts(elapsed >= 120ms ? "as long as all three" : "too quick");
  });
}
