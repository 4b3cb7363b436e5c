// Measures the workloads, each a benchmark of Google Benchmark:
//
//   offset_bench NAME               one, as lines: the count of its operations, then each figure as
//                                   "name value unit"; what bench/compare/run reads
//   offset_bench --list             the names
//   offset_bench [--benchmark_...]  all, or those that a filter selects, in the library's own
//   formats
//
// A workload runs in a runtime as wide as OFFSET_MAXPROCS says; the time is that of its operations
// alone, taken inside, without the start and the end of the runtime.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <offset/offset.hpp>
#include <string>
#include <string_view>
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
struct measured {
  std::string name;
  double value;
  std::string unit;
};

// Inside functions, because workloads register themselves before main.
std::vector<registered>& all() {
  static std::vector<registered> list;
  return list;
}
std::vector<measured>& figures() {
  static std::vector<measured> list;
  return list;
}

// Seconds.
double measure(const registered& w) {
  using clock = std::chrono::steady_clock;
  figures().clear();
  std::chrono::duration<double> took{};
  offset::run([&] {
    if (w.from == start::warm) w.perform(w.count / 10);
    const clock::time_point began = clock::now();
    w.perform(w.count);
    took = clock::now() - began;
  });
  if (w.from != start::by_own) {
    const double ns = took.count() * 1e9;
    if (w.shown == figure::each)
      report(w.name, ns / static_cast<double>(w.count), "ns");
    else
      report(w.name, ns / 1e6, "ms");
  }
  return took.count();
}

// An operation is an iteration, so that the time reported is the time of one.
void add(const registered& w) {
  const auto run = [&w](benchmark::State& state) {
    try {
      while (state.KeepRunningBatch(w.count)) state.SetIterationTime(measure(w));
      if (w.from == start::by_own)
        for (const measured& f : figures()) state.counters[f.name + " " + f.unit] = f.value;
    } catch (const std::exception& e) {
      state.SkipWithError(e.what());
    }
  };
  benchmark::RegisterBenchmark(w.name, run)->Iterations(w.count)->UseManualTime();
}

class lines : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs) {
      if (r.error_occurred) {
        std::fprintf(stderr, "%s: %s\n", r.benchmark_name().c_str(), r.error_message.c_str());
        failed = true;
        continue;
      }
      std::printf("count %lld operations\n", static_cast<long long>(r.iterations));
      for (const measured& f : figures())
        std::printf("%s %.4f %s\n", f.name.c_str(), f.value, f.unit.c_str());
    }
  }
  bool failed = false;
};

}  // namespace

workload::workload(const char* name, std::int64_t count, operations perform, start from,
                   figure shown) {
  all().push_back({name, count, perform, from, shown});
}

void report(const char* name, double value, const char* unit) {
  figures().push_back({name, value, unit});
}

}  // namespace bench

int main(int argc, char** argv) {
  const std::string_view word = argc == 2 ? argv[1] : "";
  if (word == "--list") {
    for (const auto& w : bench::all()) std::puts(w.name);
    return 0;
  }
  if (!word.empty() && !word.starts_with('-')) {
    for (const auto& w : bench::all()) {
      if (word != w.name) continue;
      bench::add(w);
      bench::lines out;
      benchmark::RunSpecifiedBenchmarks(&out);
      return out.failed ? 1 : 0;
    }
    std::fprintf(stderr, "offset_bench: no workload is called %s; --list names them\n", argv[1]);
    return 2;
  }
  for (const auto& w : bench::all()) bench::add(w);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
