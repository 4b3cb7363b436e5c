// Measures the workloads. Each runs in a runtime of its own, as wide as OFFSET_MAXPROCS says; the
// time is that of its operations alone, taken inside, without the start and the end of the runtime.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <offset/offset.hpp>

#include "workload.hpp"

namespace bench {

static double measure(std::int64_t count, operations perform, start from) {
  using clock = std::chrono::steady_clock;
  clock::duration took{};
  offset::run([&] {
    if (from == start::warm) perform(count / 10);
    const clock::time_point began = clock::now();
    perform(count);
    took = clock::now() - began;
  });
  return std::chrono::duration<double>(took).count();
}

// An operation is an iteration, so that the time reported is the time of one.
workload::workload(const char* name, std::int64_t count, operations perform, start from) {
  benchmark::RegisterBenchmark(name,
                               [=](benchmark::State& state) {
                                 try {
                                   while (state.KeepRunningBatch(count))
                                     state.SetIterationTime(measure(count, perform, from));
                                 } catch (const std::exception& e) {
                                   state.SkipWithError(e.what());
                                 }
                               })
      ->Iterations(count)
      ->UseManualTime();
}

}  // namespace bench

BENCHMARK_MAIN();
