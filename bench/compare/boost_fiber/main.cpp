// The workloads of bench/workloads on Boost.Fiber: the same work, the same counts, measured the
// same way. Left out are those that it has nothing for: select, timers that can be stopped, and a
// pool of threads for calls that block.
//
// usage: boost_bench WORKLOAD | --list
//
// Prints the count of its operations, and its figures, each a line of "name value unit". As many
// threads as BENCH_PROCS says: one with the scheduler round_robin, or more with work_stealing,
// whose threads may sleep when they have nothing to do: when they may not, which is the default,
// most of these workloads take several times as long.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <thread>
#include <vector>

#include "bench.hpp"

namespace bench {
namespace {

struct registered {
  const char* name;
  std::int64_t count;
  void (*perform)(std::int64_t);
  start from;
  figure shown;
};

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

// Makes `threads` - 1 more threads that carry fibers. They last as long as the process.
void use_threads(std::uint32_t threads) {
  if (threads < 2) return;  // round_robin is the default
  for (std::uint32_t i = 1; i < threads; ++i)
    std::thread([threads] {
      fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(threads, true);
      fibers::promise<void> never;
      never.get_future().wait();
    }).detach();
  fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(threads, true);
}

}  // namespace

workload::workload(const char* name, std::int64_t count, void (*perform)(std::int64_t), start from,
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
    const char* procs = std::getenv("BENCH_PROCS");
    bench::use_threads(procs != nullptr ? static_cast<std::uint32_t>(std::atoi(procs)) : 1);
    int status = 0;
    const auto measured = bench::make_countdown(1);
    bench::go([&status, &w, measured] {
      try {
        bench::measure(w);
      } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", w.name, e.what());
        status = 1;
      }
      measured->done();
    });
    measured->wait();
    // Fibers and threads that are left are not waited for.
    std::fflush(stdout);
    std::_Exit(status);
  }
  std::fputs("usage: boost_bench WORKLOAD | --list\n", stderr);
  return 2;
}
