#include "base/cpu.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <sched.h>
#include <string>
#include <unistd.h>

namespace offset::inline v0::base {
namespace {

unsigned affinity_count() noexcept {
  // The mask may be wider than cpu_set_t on large machines: grow until the kernel accepts it.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    if (set == nullptr) break;
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    CPU_ZERO_S(size, set);
    const int ok = sched_getaffinity(0, size, set);
    const int count = ok == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (ok == 0 && count > 0) return static_cast<unsigned>(count);
  }
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<unsigned>(online) : 1;
}

bool read_line(const std::string& path, char* buffer, int size) noexcept {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return false;
  const bool ok = std::fgets(buffer, size, file) != nullptr;
  std::fclose(file);
  return ok;
}

double quota_of_v2(const std::string& directory) {
  char line[128];
  if (!read_line(directory + "/cpu.max", line, sizeof line)) return 0;
  double quota = 0;
  double period = 0;
  if (std::sscanf(line, "%lf %lf", &quota, &period) != 2 || period <= 0) return 0;  // "max …"
  return quota / period;
}

double quota_of_v1(const std::string& directory) {
  char line[128];
  double quota = 0;
  double period = 0;
  if (!read_line(directory + "/cpu.cfs_quota_us", line, sizeof line) ||
      std::sscanf(line, "%lf", &quota) != 1 || quota <= 0)
    return 0;
  if (!read_line(directory + "/cpu.cfs_period_us", line, sizeof line) ||
      std::sscanf(line, "%lf", &period) != 1 || period <= 0)
    return 0;
  return quota / period;
}

// The tightest quota on the way from this process's cgroup to the root; 0 when there is none.
double cgroup_quota() {
  double tightest = 0;
  const auto take = [&tightest](double q) {
    if (q > 0 && (tightest == 0 || q < tightest)) tightest = q;
  };
  std::FILE* file = std::fopen("/proc/self/cgroup", "re");
  if (file == nullptr) return 0;
  char line[4096];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    line[std::strcspn(line, "\n")] = '\0';
    char* controllers = std::strchr(line, ':');
    if (controllers == nullptr) continue;
    char* path = std::strchr(controllers + 1, ':');
    if (path == nullptr) continue;
    *path++ = '\0';
    ++controllers;
    const bool v2 = *controllers == '\0';
    const std::string wrapped = std::string(",") + controllers + ",";
    if (!v2 && wrapped.find(",cpu,") == std::string::npos) continue;
    const std::string root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    std::string at = path;
    for (;;) {
      while (!at.empty() && at.back() == '/') at.pop_back();
      take(v2 ? quota_of_v2(root + at) : quota_of_v1(root + at));
      if (at.empty()) break;
      const std::size_t slash = at.find_last_of('/');
      at.resize(slash == std::string::npos ? 0 : slash);
    }
  }
  std::fclose(file);
  return tightest;
}

}  // namespace

unsigned cpu_count() noexcept {
  static const unsigned count = affinity_count();
  return count;
}

unsigned usable_cpus() noexcept {
  unsigned cpus = affinity_count();
  try {
    const double quota = cgroup_quota();
    // A quota of 1.5 CPUs gets 2 carriers: rounding down would leave half a CPU unused.
    if (quota > 0) cpus = std::min(cpus, static_cast<unsigned>(std::max(1.0, std::ceil(quota))));
  } catch (...) {
    // Out of memory while reading a path: the affinity mask alone decides.
  }
  return std::max(1U, cpus);
}

}  // namespace offset::inline v0::base
