// A mutex lets one goroutine at a time touch a map. It is a Lockable, so std::lock_guard works.
// After "sync.Mutex" in A Tour of Go and "Mutexes" in Go by Example.
#include <cstdio>
#include <map>
#include <mutex>
#include <offset/offset.hpp>
#include <string>

class counters {
 public:
  void increment(const std::string& name) {
    std::lock_guard lock(mutex_);
    ++values_[name];
  }

  int value(const std::string& name) {
    std::lock_guard lock(mutex_);
    return values_[name];
  }

 private:
  offset::sync::mutex mutex_;
  std::map<std::string, int> values_;
};

int main() {
  return offset::run([] {
    counters votes;
    offset::sync::wait_group wg;
    for (int i = 0; i < 1000; ++i) {
      const char* drink = i % 4 == 0 ? "coffee" : "tea";
      wg.go([&votes, drink] { votes.increment(drink); });
    }
    wg.wait();
    std::printf("tea: %d\n", votes.value("tea"));
    std::printf("coffee: %d\n", votes.value("coffee"));
  });
}
