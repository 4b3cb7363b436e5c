#include "program.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace test {
namespace {

std::map<std::string, int (*)()>& programs() {
  static std::map<std::string, int (*)()> all;
  return all;
}

std::vector<std::string> merged(const std::vector<std::string>& added) {
  std::map<std::string, std::string> all;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string entry = *e;
    const std::size_t eq = entry.find('=');
    if (eq != std::string::npos) all[entry.substr(0, eq)] = entry.substr(eq + 1);
  }
  for (const std::string& entry : added) {
    const std::size_t eq = entry.find('=');
    if (eq == std::string::npos)
      all.erase(entry);
    else
      all[entry.substr(0, eq)] = entry.substr(eq + 1);
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

struct pipe_ends {
  int read = -1;
  int write = -1;
  pipe_ends() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    read = ends[0];
    write = ends[1];
  }
  ~pipe_ends() { drop(read), drop(write); }
  static void drop(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
};

// Reads what is there; false at the end.
bool drain(int fd, std::string& into) {
  char buffer[4096];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n > 0) into.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

}  // namespace

program::program(const char* name, int (*main)()) { programs()[name] = main; }

std::string outcome::first(int n) const {
  std::size_t at = 0;
  for (int i = 0; i < n; ++i) {
    const std::size_t end = err.find('\n', at);
    if (end == std::string::npos) return err;
    at = end + 1;
  }
  return err.substr(0, at - 1);
}

outcome run_program(const char* name, const std::vector<std::string>& environment,
                    std::chrono::seconds limit) {
  pipe_ends out;
  pipe_ends err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write, 2);
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) throw std::runtime_error("readlink");
  std::string self(path, static_cast<std::size_t>(length));
  std::string flag = "--program";
  std::string which = name;
  char* const argv[] = {self.data(), flag.data(), which.data(), nullptr};
  std::vector<std::string> env = merged(environment);
  std::vector<char*> envp;
  for (std::string& e : env) envp.push_back(e.data());
  envp.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, self.c_str(), &actions, nullptr, argv, envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(std::string("posix_spawn: ") + std::strerror(error));
  pipe_ends::drop(out.write);
  pipe_ends::drop(err.write);

  outcome result;
  const auto until = std::chrono::steady_clock::now() + limit;
  pollfd watch[2] = {{out.read, POLLIN, 0}, {err.read, POLLIN, 0}};
  while (watch[0].fd >= 0 || watch[1].fd >= 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      result.timed_out = true;
      kill(pid, SIGKILL);
      break;
    }
    if (poll(watch, 2, static_cast<int>(left.count())) < 0 && errno != EINTR) break;
    if (watch[0].revents != 0 && !drain(watch[0].fd, result.out)) watch[0].fd = -1;
    if (watch[1].revents != 0 && !drain(watch[1].fd, result.err)) watch[1].fd = -1;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

}  // namespace test

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--program") == 0) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);  // some of them abort
    const auto found = test::programs().find(argv[2]);
    if (found == test::programs().end()) {
      std::fprintf(stderr, "no program is called %s\n", argv[2]);
      return 99;
    }
    return found->second();
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
