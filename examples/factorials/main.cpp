// Three goroutines compute factorials step by step, resting after each step. They run at the same
// time; what each reports, and its result, are gathered in the order in which they were started.
// After asyncio.gather in the documentation of Python.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>
#include <vector>

using namespace std::chrono_literals;

struct job {
  std::string name;
  int number;
  offset::chan<std::string> report = offset::make_chan<std::string>(10);
  offset::chan<long> result = offset::make_chan<long>(1);
};

void factorial(job j) {
  long f = 1;
  for (int i = 2; i <= j.number; ++i) {
    f *= i;
    j.report.send("task " + j.name + ": times " + std::to_string(i) + " is " + std::to_string(f));
    offset::time::sleep(20ms);
  }
  j.report.close();
  j.result.send(f);
}

int main() {
  return offset::run([] {
    const std::vector<job> jobs{{"A", 2}, {"B", 3}, {"C", 4}};
    for (const job& j : jobs) offset::go(factorial, j);

    for (const job& j : jobs)
      for (const std::string& line : j.report) std::puts(line.c_str());
    std::printf("results:");
    for (const job& j : jobs) std::printf(" %ld", j.result.recv().value());
    std::puts("");
  });
}
