// Go: src/runtime/semasleep_test.go. Signals that interrupt its threads neither stretch nor shorten
// a program's sleep.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"

using namespace std::chrono_literals;

namespace {

std::atomic<int> interrupted{0};

// SIGIO to every thread, blocked or not.
void pester_all() {
  DIR* const tasks = opendir("/proc/self/task");
  while (const dirent* e = readdir(tasks))
    if (const long thread = std::atol(e->d_name); thread > 0)
      syscall(SYS_tgkill, getpid(), thread, SIGIO);
  closedir(tasks);
}

PROGRAM(after_under_signals) {
  struct sigaction action {};
  action.sa_handler = [](int) { ++interrupted; };
  sigaction(SIGIO, &action, nullptr);  // no SA_RESTART: everything that sleeps returns
  std::atomic<bool> stop{false};
  std::thread pest([&] {
    while (!stop.load()) {
      pester_all();
      std::this_thread::sleep_for(5ms);
    }
  });
  const int status = offset::run([] {
    const auto start = std::chrono::steady_clock::now();
    offset::time::after(300ms).recv();
    // A plain thread's wait is one of Go's semasleeps, too.
    offset::blocking([] { offset::time::sleep(100ms); });
    return std::chrono::steady_clock::now() - start < 400ms ? 1 : 0;
  });
  stop.store(true);
  pest.join();
  return status != 0 ? status : interrupted.load() == 0 ? 3 : 0;
}
TEST(Semasleep, SpuriousWakeupsNeverHangSemasleep) {
  const auto o = test::run_program("after_under_signals", {}, 60s);
  EXPECT_FALSE(o.timed_out);
  EXPECT_EQ(o.status, 0) << "1: too early, 3: no signal came\n" << o.err;
}

}  // namespace
