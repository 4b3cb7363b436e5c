// Go: src/sync/example_test.go, example_pool_test.go: what each prints is compared with what Go's
// Output comment says.
#include <array>
#include <atomic>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::run;
namespace sync_ = offset::sync;

namespace {

// ExampleWaitGroup
TEST(SyncExample, WaitGroup) {
  run([] {
    std::atomic<int> fetched{0};
    const auto fetch = [&](const std::string& url) { fetched += url.starts_with("http") ? 1 : 0; };
    sync_::wait_group all;
    for (const char* url : {"http://one.example/", "http://two.example/", "http://three.example/"})
      all.go([&fetch, url] { fetch(url); });
    all.wait();
    EXPECT_EQ(fetched.load(), 3);
  });
}

// ExampleOnce
TEST(SyncExample, Once) {
  std::ostringstream out;
  run([&] {
    sync_::once once;
    auto done = make_chan<bool>();
    for (int i = 0; i < 10; ++i)
      offset::go([&, done] {
        once.call([&] { out << "Only once\n"; });
        done.send(true);
      });
    for (int i = 0; i < 10; ++i) done.recv();
  });
  EXPECT_EQ(out.str(), "Only once\n");
}

// ExampleOnceValue (Go 1.21)
TEST(SyncExample, OnceValue) {
  std::ostringstream out;
  run([&] {
    const auto sum = sync_::once_value([&] {
      int n = 0;
      for (int i = 0; i < 1000; ++i) n += i;
      out << "Computed once: " << n << "\n";
      return n;
    });
    auto done = make_chan<bool>();
    for (int i = 0; i < 10; ++i) offset::go([sum, done] { done.send(sum() == 499'500); });
    for (int i = 0; i < 10; ++i) EXPECT_EQ(done.recv(), true);
  });
  EXPECT_EQ(out.str(), "Computed once: 499500\n");
}

// ExampleOnceValues (Go 1.21): two values are a pair.
TEST(SyncExample, OnceValues) {
  std::ostringstream out;
  run([&] {
    const auto file = sync_::once_value([&] {
      out << "Reading file once\n";
      return std::pair(std::string("content"), false);
    });
    auto done = make_chan<bool>();
    for (int i = 0; i < 10; ++i)
      offset::go([file, done] {
        const auto& [data, failed] = file();
        done.send(!failed && data == "content");
      });
    for (int i = 0; i < 10; ++i) EXPECT_EQ(done.recv(), true);
  });
  EXPECT_EQ(out.str(), "Reading file once\n");
}

// ExamplePool: the lines of a log, put together in buffers that are used again.
TEST(SyncExample, Pool) {
  std::ostringstream out;
  run([&] {
    sync_::pool<std::string> buffers;
    const auto log = [&](const std::string& key, const std::string& value) {
      std::string line = buffers.get();
      line.clear();
      line += "2006-01-02T15:04:05Z ";
      line += key + "=" + value + "\n";
      out << line;
      buffers.put(std::move(line));
    };
    log("path", "/search?q=flowers");
    log("path", "/");
  });
  EXPECT_EQ(out.str(), "2006-01-02T15:04:05Z path=/search?q=flowers\n"
                       "2006-01-02T15:04:05Z path=/\n");
}

}  // namespace
