#include "offset/testing/bubble.hpp"

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

#include "offset/testing/explore.hpp"
#include "sched/f.h"
#include "sched/lifecycle.h"
#include "sched/options.h"
#include "testing/world.h"

namespace offset::inline v0::testing {
namespace {

bool is_plain(std::string_view word) noexcept {
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  return !word.empty() && word.find_first_not_of(safe) == std::string_view::npos;
}

// For a shell.
void append_word(std::string& line, const std::string& word) {
  line += ' ';
  if (is_plain(word)) {
    line += word;
    return;
  }
  line += '\'';
  for (const char c : word)
    if (c == '\'')
      line += "'\\''";
    else
      line += c;
  line += '\'';
}

// As this process was started.
void append_command_line(std::string& line) {
  std::FILE* const file = std::fopen("/proc/self/cmdline", "re");
  if (file == nullptr) {
    append_word(line, program_invocation_name);
    return;
  }
  std::string word;
  for (int c = std::getc(file); c != EOF; c = std::getc(file)) {
    if (c != 0) {
      word += static_cast<char>(c);
      continue;
    }
    append_word(line, word);
    word.clear();
  }
  std::fclose(file);
}

std::uint64_t seed_of(const options& o) {
  if (o.seed != 0) return o.seed;
  const std::uint64_t from_environment = sched::environment_seed();
  return from_environment != 0 ? from_environment : 1;
}

// Nothing of it is the caller's but the result.
bubble_world* world_of_caller() noexcept {
  return static_cast<bubble_world*>(sched::caller_bubble());
}

}  // namespace

bubble_error::~bubble_error() = default;

namespace detail_testing {

std::string rerun_line(const options& o, std::uint64_t seed) {
  const std::string number = std::to_string(seed);
  std::string line = "offset: testing: seed " + number + "; to run it again: OFFSET_SEED=" + number;
  if (o.rerun_with.empty()) {
    append_command_line(line);
  } else {
    append_word(line, program_invocation_name);
    line += ' ' + o.rerun_with;
  }
  return line + '\n';
}

void report(const std::string& line) noexcept {
  const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(ignored);
}

void run(const options& o, void (*f)(void*), void* arg) {
  if (o.depth == 0)
    throw std::invalid_argument("offset: testing: options::depth is 0; it must be at least 1");
  bubble_world made(o, seed_of(o));
  struct call_t {
    void (*f)(void*);
    void* arg;
    bool began;
  } call{f, arg, false};
  offset::options settings;
  settings.stack_size = o.stack_size;
  try {
    sched::run_in_bubble(
        made, settings, made.seed(),
        [](void* p) {
          call_t& c = *static_cast<call_t*>(p);
          c.began = true;
          c.f(c.arg);
          return 0;
        },
        &call);
  } catch (...) {
    if (call.began) report(made.last_words());
    throw;
  }
  if (made.verdict().empty()) return;
  report(made.last_words());
  throw bubble_error(made.verdict(), made.seed());
}

}  // namespace detail_testing

void wait_idle() {
  bubble_world* const mine = world_of_caller();
  if (mine == nullptr || sched::current_f()->current == nullptr)
    throw panic_error("goroutine is not in a bubble");
  mine->wait_idle();
}

std::uint64_t seed() noexcept {
  const bubble_world* const mine = world_of_caller();
  return mine != nullptr ? mine->seed() : 0;
}

std::vector<std::uint64_t> seeds(unsigned n, const options& o) {
  std::vector<std::uint64_t> all;
  if (const std::uint64_t only = sched::environment_seed(); only != 0) {
    all.push_back(only);
    return all;
  }
  all.reserve(n);
  for (std::uint64_t s = o.seed != 0 ? o.seed : 1; all.size() < n; ++s)
    if (s != 0) all.push_back(s);
  return all;
}

}  // namespace offset::inline v0::testing
