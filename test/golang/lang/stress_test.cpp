// Go: test/stress/runstress.go, an endless soak. Its parts that are of the core, for a bounded
// time: rings of a hundred goroutines that pass a number on, each ended by closing a channel that
// every select of the ring waits on; commands run by no more than ten goroutines at once; and a
// table that many goroutines use, all at the same time as the others. (Its network part is the
// rooms' own tests'; parsing Go is the collector's.)
#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/defer.h"
#include "../../support/wait.h"

using offset::chan;
using offset::make_chan;
using offset::recv_chan;
using offset::select;
using offset::send_chan;

namespace {

void ring_part(const recv_chan<int>& in, const send_chan<int>& out, const chan<void>& done) {
  for (;;) {
    int n = 0;
    if (select(done.if_recv(), in.if_recv(n)) == 0) return;
    if (n == 0) {
      done.close();
      return;
    }
    out.send(n - 1);
  }
}

void thread_ring(int buffer) {
  constexpr int size = 100;
  auto done = make_chan<void>();
  auto one = make_chan<int>(buffer);
  recv_chan<int> in = one;
  offset::sync::wait_group group;
  for (int i = 1; i <= size; ++i) {
    auto out = i < size ? make_chan<int>(buffer) : one;
    group.go([=] { ring_part(in, out, done); });
    in = out;
  }
  one.send(size);
  done.recv();
  group.wait();
}

TEST(Stress, ThreadRing) {
  offset::run([] {
    for (int i = 0; i < 50; ++i) {
      thread_ring(0);
      thread_ring(1);
    }
  });
}

// A command that prints and exits; a failure is a status, not a surprise. The gate is a channel of
// ten places.
void an_exec(int i) {
  const std::string want = "output-" + std::to_string(i);
  const int exit = i % 2;
  offset::blocking([&] {
    const std::string command = "echo " + want + "; exit " + std::to_string(exit);
    std::FILE* const out = popen(command.c_str(), "r");
    ASSERT_NE(out, nullptr);
    char line[64] = {};
    EXPECT_NE(std::fgets(line, sizeof line, out), nullptr);
    EXPECT_EQ(line, want + "\n");
    const int status = pclose(out);
    EXPECT_EQ(status, exit << 8);
  });
}
void stress_exec(int n) {
  auto gate = make_chan<bool>(10);
  std::atomic<int> at_once{0};
  offset::sync::wait_group group;
  for (int i = 0; i < n; ++i) {
    gate.send(true);
    group.go([&, gate, i] {
      const test::defer leave([&] { gate.recv(); });
      EXPECT_LE(++at_once, 10);
      an_exec(i);
      --at_once;
    });
  }
  group.wait();
}

class table {
 public:
  void add(int key) {
    const std::lock_guard lock(m_);
    items_[key] = std::vector<char>(static_cast<std::size_t>(key) % 1024, 'x');
  }
  void erase_one() {
    const std::lock_guard lock(m_);
    if (!items_.empty()) items_.erase(items_.begin());
  }
  std::size_t size() const {
    const std::shared_lock lock(m_);
    return items_.size();
  }
  void look_at(int key) const {
    const std::shared_lock lock(m_);
    const auto found = items_.find(key);
    if (found != items_.end()) {
      EXPECT_EQ(found->second.size(), static_cast<std::size_t>(key) % 1024);
    }
  }
  void range_all() const {
    const std::shared_lock lock(m_);
    for (const auto& [key, value] : items_)
      ASSERT_EQ(value.size(), static_cast<std::size_t>(key) % 1024);
  }

 private:
  mutable offset::sync::rw_mutex m_;
  std::map<int, std::vector<char>> items_;
};
void stress_map(int target) {
  table t;
  int key = 0;
  while (t.size() < static_cast<std::size_t>(target)) {
    if (t.size() % 100 == 0) offset::yield();
    t.add(++key);
    t.add(++key);
    t.erase_one();
    offset::sync::wait_group group;
    for (int i = 0; i < 10; ++i)
      group.go([&, i] {
        if ((i & 1) == 0)
          t.look_at(key - i);
        else
          t.range_all();
      });
    group.wait();
  }
  while (t.size() > 0) t.erase_one();
}

TEST(Stress, AllTogether) {
  offset::run([] {
    offset::sync::wait_group group;
    group.go([] { stress_exec(40); });
    group.go([] { stress_map(200); });
    group.go([] {
      for (int i = 0; i < 20; ++i) {
        thread_ring(0);
        thread_ring(1);
      }
    });
    group.wait();
  });
}

}  // namespace
