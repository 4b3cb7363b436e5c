// A hundred goroutines read 4 KiB at a time of a file that the page cache holds, each read through
// offset::blocking.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <offset/offset.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "workload.hpp"

static constexpr std::size_t block = 4'096;
static constexpr std::int64_t blocks = 256;

// A file of `blocks` blocks that has no name.
static int make_file() {
  const char* dir = std::getenv("TMPDIR");
  std::string name = std::string(dir != nullptr ? dir : "/tmp") + "/offset_bench_XXXXXX";
  const int file = ::mkstemp(name.data());
  if (file < 0) throw std::runtime_error("pread: no temporary file");
  ::unlink(name.c_str());
  const std::vector<char> text(block, 'x');
  for (std::int64_t i = 0; i < blocks; ++i)
    if (::write(file, text.data(), block) != static_cast<ssize_t>(block))
      throw std::runtime_error("pread: cannot write the file");
  return file;
}

static const bench::workload pread_workload("pread", 200'000, [](std::int64_t count) {
  constexpr int goroutines = 100;
  const int file = make_file();
  offset::sync::wait_group all;
  for (int i = 0; i < goroutines; ++i)
    all.go([=, share = count / goroutines] {
      std::vector<char> buffer(block);
      for (std::int64_t n = 0; n < share; ++n) {
        const off_t at = (i + n) % blocks * static_cast<off_t>(block);
        const ssize_t got =
            offset::blocking([&] { return ::pread(file, buffer.data(), block, at); });
        if (got != static_cast<ssize_t>(block)) throw std::runtime_error("pread: cannot read");
      }
    });
  all.wait();
  ::close(file);
});
