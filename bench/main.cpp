// Measures one workload: offset_bench NAME. Prints the count of its operations, and its figures,
// each a line of "name value unit". `--list` prints the names.
//
// The workload runs in a runtime as wide as OFFSET_MAXPROCS says; the time is that of its
// operations alone, taken inside, without the start and the end of the runtime.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <offset/offset.hpp>
#include <vector>

#include "workload.hpp"

namespace bench {
namespace {

struct registered {
  const char* name;
  std::int64_t count;
  operations perform;
  start from;
  figure shown;
};

// Inside a function, because workloads register themselves before main.
std::vector<registered>& all() {
  static std::vector<registered> list;
  return list;
}

void measure(const registered& w) {
  using clock = std::chrono::steady_clock;
  std::printf("count %lld operations\n", static_cast<long long>(w.count));
  if (w.from == start::by_own) {
    w.perform(w.count);
    return;
  }
  if (w.from == start::warm) w.perform(w.count / 10);
  const clock::time_point began = clock::now();
  w.perform(w.count);
  const std::chrono::duration<double, std::nano> took = clock::now() - began;
  if (w.shown == figure::each)
    report(w.name, took.count() / static_cast<double>(w.count), "ns");
  else
    report(w.name, took.count() / 1e6, "ms");
}

}  // namespace

workload::workload(const char* name, std::int64_t count, operations perform, start from,
                   figure shown) {
  all().push_back({name, count, perform, from, shown});
}

void report(const char* name, double value, const char* unit) {
  std::printf("%s %.4f %s\n", name, value, unit);
}

}  // namespace bench

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const auto& w : bench::all()) std::puts(w.name);
    return 0;
  }
  for (const auto& w : bench::all()) {
    if (argc != 2 || std::strcmp(argv[1], w.name) != 0) continue;
    try {
      offset::run([&] { bench::measure(w); });
      return 0;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s: %s\n", w.name, e.what());
      return 1;
    }
  }
  std::fputs("usage: offset_bench WORKLOAD | --list\n", stderr);
  return 2;
}
