// Three workers share one queue of jobs. Which worker takes which job, and which job ends first,
// is open, so the results are put in order before they are printed.
// After "Worker Pools" in Go by Example.
#include <chrono>
#include <cstdio>
#include <map>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

struct result {
  int job;
  int square;
};

void worker(offset::recv_chan<int> jobs, offset::send_chan<result> results) {
  for (int job : jobs) {
    offset::time::sleep(20ms);  // hard work
    results.send({job, job * job});
  }
}

int main() {
  return offset::run([] {
    constexpr int count = 9;
    auto jobs = offset::make_chan<int>(count);
    auto results = offset::make_chan<result>(count);

    for (int i = 0; i < 3; ++i) offset::go(worker, jobs, results);
    for (int job = 1; job <= count; ++job) jobs.send(job);
    jobs.close();

    std::map<int, int> squares;
    for (int i = 0; i < count; ++i) {
      const auto [job, square] = results.recv().value();
      squares[job] = square;
    }
    for (const auto& [job, square] : squares) std::printf("job %d: %d\n", job, square);
  });
}
