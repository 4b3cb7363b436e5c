// What must happen at the end of a function is Go's defer and a destructor in C++: it happens in
// reverse order, and also when a panic passes through; a panic that is caught ends there.
// After "Defer" and "Recover" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>
#include <stdexcept>

class open_file {
 public:
  explicit open_file(const char* name) : name_(name) { std::printf("open %s\n", name_); }
  ~open_file() { std::printf("close %s\n", name_); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

 private:
  const char* name_;
};

void copy(bool disk_is_full) {
  const open_file source("source");
  const open_file target("target");
  if (disk_is_full) throw std::runtime_error("disk full");
  std::puts("copied");
}

int main() {
  return offset::run([] {
    for (bool disk_is_full : {false, true}) {
      auto done = offset::make_chan<void>();
      offset::go([=] {
        try {
          copy(disk_is_full);
        } catch (const std::exception& e) {
          std::printf("recovered: %s\n", e.what());
        }
        done.send();
      });
      done.recv();
    }
  });
}
