#include "sched/options.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "base/cpu.h"

namespace offset::inline v0::sched {
namespace {

constexpr std::uint64_t most_procs = 1024;
constexpr std::uint64_t most_io_threads = 32'768;
constexpr std::uint64_t default_io_threads = 512;
constexpr std::uint64_t default_stack = std::uint64_t{256} << 10;
constexpr std::uint64_t default_main_stack = std::uint64_t{8} << 20;
constexpr std::uint64_t least_stack = std::uint64_t{16} << 10;
constexpr std::uint64_t most_stack = std::uint64_t{1} << 30;

[[noreturn]] void reject(const std::string& name, const std::string& value, std::uint64_t least,
                         std::uint64_t most) {
  throw std::invalid_argument("offset: " + name + " is \"" + value +
                              "\"; it must be a number from " + std::to_string(least) + " to " +
                              std::to_string(most));
}

// 0 when the variable is not set or empty.
std::uint64_t from_environment(const char* name, std::uint64_t least, std::uint64_t most) {
  const char* const text = std::getenv(name);
  if (text == nullptr || *text == '\0') return 0;
  std::uint64_t value = 0;
  for (const char* at = text; *at != '\0'; ++at) {
    if (*at < '0' || *at > '9') reject(name, text, least, most);
    if (__builtin_mul_overflow(value, 10U, &value) ||
        __builtin_add_overflow(value, static_cast<unsigned>(*at - '0'), &value))
      reject(name, text, least, most);
  }
  if (value < least || value > most) reject(name, text, least, most);
  return value;
}

std::uint64_t checked(const char* option, std::uint64_t value, std::uint64_t least,
                      std::uint64_t most) {
  if (value != 0 && (value < least || value > most))
    reject(std::string("options::") + option, std::to_string(value), least, most);
  return value;
}

// What fork leaves of the defaults: the first that is given wins.
std::uint64_t first(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  return a != 0 ? a : b != 0 ? b : c;
}

}  // namespace

std::uint64_t environment_seed() {
  return from_environment("OFFSET_SEED", 1, std::numeric_limits<std::uint64_t>::max());
}

settings settle(const options& o) {
  settings s;
  // Everything is looked at, so that a mistake is told even when something else would win over it.
  const std::uint64_t procs = checked("maxprocs", o.maxprocs, 1, most_procs);
  const std::uint64_t env_procs = from_environment("OFFSET_MAXPROCS", 1, most_procs);
  std::uint64_t go_procs = 0;
  if (procs == 0 && env_procs == 0) go_procs = from_environment("GOMAXPROCS", 1, most_procs);
  std::uint64_t found = first(procs, env_procs, go_procs);
  if (found == 0) found = base::usable_cpus();
  s.maxprocs = static_cast<std::uint32_t>(found < most_procs ? found : most_procs);

  const std::uint64_t io = checked("io_threads", o.io_threads, 1, most_io_threads);
  s.io_threads = static_cast<std::uint32_t>(
      first(io, from_environment("OFFSET_IO_THREADS", 1, most_io_threads), default_io_threads));

  const std::uint64_t stack = checked("stack_size", o.stack_size, least_stack, most_stack);
  const std::uint64_t env_stack = from_environment("OFFSET_STACK_SIZE", least_stack, most_stack);
  s.stack_size = static_cast<std::size_t>(first(stack, env_stack, default_stack));
  s.main_stack_size = static_cast<std::size_t>(first(stack, env_stack, default_main_stack));

  s.seed = environment_seed();
  if (s.seed == 0) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    s.seed = static_cast<std::uint64_t>(now) * 0x9E3779B97F4A7C15ULL ^
             static_cast<std::uint64_t>(getpid());
  }
  return s;
}

}  // namespace offset::inline v0::sched
