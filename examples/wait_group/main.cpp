// Starts some goroutines and waits until all of them are done. Each writes its own slot, so that
// no lock is needed.
// After "WaitGroups" in Go by Example.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>
#include <vector>

using namespace std::chrono_literals;

int main() {
  return offset::run([] {
    std::vector<std::string> reports(5);
    offset::sync::wait_group wg;
    for (std::size_t i = 0; i < reports.size(); ++i)
      wg.go([&reports, i] {
        offset::time::sleep(20ms);  // hard work
        reports[i] = "worker " + std::to_string(i + 1) + " is done";
      });
    wg.wait();

    for (const std::string& report : reports) std::puts(report.c_str());
    std::puts("all are done");
  });
}
