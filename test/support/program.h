// Programs that are expected to die, as child processes: the test's own executable, started again
// with the name of one of its programs. Link support/program.cpp, which has the main function for
// it.
//
//     PROGRAM(close_twice) { return offset::run([] { ... }); }
//     TEST(Panic, CloseTwice) { EXPECT_EQ(test::run_program("close_twice").status, 2); }
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// What became of a program.
struct outcome {
  int status = -1;  // exit status; -1 when a signal ended it
  int signal = 0;
  bool timed_out = false;  // it was killed for running too long
  std::string out;
  std::string err;

  /// stderr's first `n` lines, the last without its end.
  std::string first(int n = 1) const;
  bool err_has(std::string_view text) const { return err.find(text) != std::string::npos; }
};

/// Runs the program of that name, with `environment` ("NAME=value") added to this process's; a name
/// without a value is taken out. Blocks the thread.
outcome run_program(const char* name, const std::vector<std::string>& environment = {},
                    std::chrono::seconds limit = std::chrono::seconds(20));

/// Makes a program known under a name.
struct program {
  program(const char* name, int (*main)());
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace test

#define PROGRAM(name)                                               \
  int program_##name();                                             \
  const test::program known_program_##name(#name, &program_##name); \
  int program_##name()
