// Go: src/os/signal/signal_cgo_test.go: what is typed at a terminal, with a shell between. The
// terminal is a pseudo-terminal, the shell an interactive bash with job control.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::run;
namespace os = offset::os;

namespace {

// Says so, and reads one byte.
PROGRAM(TerminalRead) {
  return run([] {
    std::puts("entering read");
    std::fflush(stdout);
    char b = 0;
    const auto n = offset::blocking([&] { return ::read(STDIN_FILENO, &b, 1); });
    std::puts(n == 1 && b == '\n' ? "read a newline" : "read something else");
    return n == 1 && b == '\n' ? 0 : 1;
  });
}

// Says so, and waits for a signal.
PROGRAM(TerminalInterrupt) {
  return run([] {
    auto c = offset::make_chan<os::signal>(1);
    os::notify(c, os::interrupt);
    std::puts("entering wait");
    std::fflush(stdout);
    const os::signal got = c.recv().value();
    std::printf("got %s\n", os::to_string(got).c_str());
    return got == os::interrupt ? 0 : 1;
  });
}

/// A bash at a terminal of its own.
class shell {
 public:
  static constexpr std::string_view prompt = "prompt> ";

  shell() {
    terminal_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal_ < 0 || grantpt(terminal_) != 0 || unlockpt(terminal_) != 0) return;
    const std::string name = ptsname(terminal_);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // In a session of its own: the terminal that it opens first becomes its controlling one.
    posix_spawn_file_actions_addopen(&actions, 0, name.c_str(), O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&how, &set);
    for (const int s : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT})
      sigaddset(&set, s);
    posix_spawnattr_setsigdefault(&how, &set);

    // Without editing, bash takes a line and no more: what follows is for who reads next.
    std::vector<std::string> arguments{"bash", "--norc", "--noprofile", "--noediting", "-i"};
    std::vector<std::string> variables{"PS1=" + std::string(prompt), "HISTFILE=", "LC_ALL=C"};
    for (char** e = environ; *e != nullptr; ++e) {
      const std::string_view entry = *e;
      if (!entry.starts_with("PS1=") && !entry.starts_with("HISTFILE=") &&
          !entry.starts_with("LC_ALL=") && !entry.starts_with("PROMPT_COMMAND="))
        variables.emplace_back(entry);
    }
    if (posix_spawnp(&pid_, "bash", &actions, &how, pointers(arguments).data(),
                     pointers(variables).data()) != 0)
      pid_ = -1;
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&actions);
  }
  shell(const shell&) = delete;
  shell& operator=(const shell&) = delete;
  ~shell() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    if (terminal_ >= 0) close(terminal_);
  }

  bool works() const { return pid_ > 0; }

  void type(std::string_view text) {
    ASSERT_EQ(write(terminal_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  /// Reads until `text` has come, and forgets what came before its end.
  bool shows(std::string_view text) {
    const auto until = std::chrono::steady_clock::now() + test::limit;
    for (;;) {
      if (const std::size_t at = seen_.find(text); at != std::string::npos) {
        seen_.erase(0, at + text.size());
        return true;
      }
      pollfd p{terminal_, POLLIN, 0};
      char buffer[1024];
      ssize_t n = 0;
      if (std::chrono::steady_clock::now() > until ||
          (poll(&p, 1, 1000) > 0 && (n = read(terminal_, buffer, sizeof buffer)) <= 0)) {
        ADD_FAILURE() << "waited for \"" << text << "\", saw: " << seen_;
        return false;
      }
      seen_.append(buffer, static_cast<std::size_t>(n));
    }
  }

  /// Its exit status, when it ends by itself.
  int wait() {
    int status = -1;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> list;
    for (std::string& s : strings) list.push_back(s.data());
    list.push_back(nullptr);
    return list;
  }

  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string seen_;
};

std::string start(const char* program) {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  EXPECT_GT(n, 0);
  return "'" + std::string(path, static_cast<std::size_t>(n)) + "' --program " + program + "\n";
}

// Stopped while it reads, continued, it reads on.
TEST(SignalTerminal, TestTerminalSignal) {
  shell sh;
  if (!sh.works()) GTEST_SKIP() << "no pseudo-terminal, or no bash";
  ASSERT_TRUE(sh.shows(shell::prompt));
  sh.type(start("TerminalRead"));
  ASSERT_TRUE(sh.shows("entering read"));
  std::this_thread::sleep_for(
      10ms);        // it is in the read by now, or is stopped before: all the same
  sh.type("\x1a");  // ^Z
  ASSERT_TRUE(sh.shows("Stopped"));
  ASSERT_TRUE(sh.shows(shell::prompt));
  sh.type("fg\n");
  sh.type("\n");
  ASSERT_TRUE(sh.shows("read a newline"));
  ASSERT_TRUE(sh.shows(shell::prompt));
  sh.type("exit $?\n");
  EXPECT_EQ(sh.wait(), 0);
}

// And ^C comes to the program in the foreground, as a signal on its channel.
TEST(SignalTerminal, InterruptIsNotified) {
  shell sh;
  if (!sh.works()) GTEST_SKIP() << "no pseudo-terminal, or no bash";
  ASSERT_TRUE(sh.shows(shell::prompt));
  sh.type(start("TerminalInterrupt"));
  ASSERT_TRUE(sh.shows("entering wait"));
  sh.type("\x03");
  ASSERT_TRUE(sh.shows("got interrupt"));
  ASSERT_TRUE(sh.shows(shell::prompt));
  sh.type("exit $?\n");
  EXPECT_EQ(sh.wait(), 0);
}

}  // namespace
