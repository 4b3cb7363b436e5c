// Three goroutines compute factorials step by step, resting after each step. They run at the same
// time; what each reports, and its result, are gathered in the order in which they were started.
// After asyncio.gather in the documentation of Python.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

// What it reports goes to the channel, the result to whoever gathers it.
long factorial(const std::string& name, int number, offset::send_chan<std::string> report) {
  long f = 1;
  for (int i = 2; i <= number; ++i) {
    f *= i;
    report.send("task " + name + ": times " + std::to_string(i) + " is " + std::to_string(f));
    offset::time::sleep(20ms);
  }
  report.close();
  return f;
}

int main() {
  return offset::run([] {
    const auto report = [] { return offset::make_chan<std::string>(10); };
    const std::vector reports{report(), report(), report()};
    auto a = offset::spawn([=] { return factorial("A", 2, reports[0]); });
    auto b = offset::spawn([=] { return factorial("B", 3, reports[1]); });
    auto c = offset::spawn([=] { return factorial("C", 4, reports[2]); });
    const auto [fa, fb, fc] = offset::gather(std::move(a), std::move(b), std::move(c));

    for (const auto& lines : reports)
      for (const std::string& line : lines) std::puts(line.c_str());
    std::printf("results: %ld %ld %ld\n", fa, fb, fc);
  });
}
