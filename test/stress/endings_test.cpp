// Hazard 12: static destructors, exit(), and dlclose of a plugin that used the runtime, each while
// goroutines are parked. Each ends cleanly, in a process of its own.
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <optional>
#include <thread>
#include <unistd.h>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

// Goroutines that wait in every way, for things that outlive them or not.
void park_some(const offset::chan<long>& c) {
  for (int i = 0; i < 50; ++i) {
    offset::go([c] { c.recv(); });
    offset::go([c] { offset::select(c.if_send(1), offset::timeout(1h)); });
    offset::go([] { offset::time::sleep(1h); });
    offset::go([] { offset::blocking([] { usleep(1'000); }); });
  }
  offset::go({.pinned = true}, [c] { c.recv(); });
  offset::go([] {
    for (;;) offset::yield();
  });
  for (int i = 0; i < 5; ++i) offset::yield();
}

// Uses channels in a static destructor, after (or without) the end of the runtime.
struct late {
  offset::chan<long> c = offset::make_chan<long>(1);
  std::optional<offset::runtime> world;
  ~late() {
    c.try_send(1);
    long v = 0;
    c.try_recv(v);
    std::fprintf(stderr, "late\n");
  }
};
late& the_late() {
  static late one;
  return one;
}

void after_run() {
  late& l = the_late();
  offset::run([&] { park_some(l.c); });
  std::exit(7);
}
TEST(endings, static_destructors_after_run) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(after_run(), testing::ExitedWithCode(7), "late");
}

// A runtime in a static object ends with it.
void static_runtime() {
  late& l = the_late();
  l.world.emplace();
  park_some(l.c);
  std::exit(8);
}
TEST(endings, a_static_runtime) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(static_runtime(), testing::ExitedWithCode(8), "late");
}

void exit_from_main_goroutine() {
  late& l = the_late();
  offset::run([&] {
    park_some(l.c);
    std::exit(9);
  });
}
TEST(endings, exit_from_the_main_goroutine) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_from_main_goroutine(), testing::ExitedWithCode(9), "late");
}

void exit_from_some_goroutine() {
  late& l = the_late();
  offset::run([&] {
    park_some(l.c);
    offset::go([] {
      offset::yield();
      std::exit(10);
    });
    offset::time::sleep(1h);
  });
}
TEST(endings, exit_from_another_goroutine) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (int i = 0; i < 5; ++i)
    EXPECT_EXIT(exit_from_some_goroutine(), testing::ExitedWithCode(10), "late");
}

void exit_from_pinned_goroutine() {
  late& l = the_late();
  offset::run([&] {
    park_some(l.c);
    offset::go({.pinned = true}, [] { std::exit(11); });
    offset::time::sleep(1h);
  });
}
TEST(endings, exit_from_a_pinned_goroutine) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_from_pinned_goroutine(), testing::ExitedWithCode(11), "late");
}

void exit_from_blocking_call() {
  late& l = the_late();
  offset::run([&] {
    park_some(l.c);
    offset::blocking([] { std::exit(12); });
  });
}
TEST(endings, exit_from_a_blocking_call) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_from_blocking_call(), testing::ExitedWithCode(12), "late");
}

void exit_from_outside() {
  late& l = the_late();
  std::thread([&] {
    offset::runtime world;
    park_some(l.c);
    std::exit(13);
  }).join();
}
TEST(endings, exit_beside_a_runtime) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_from_outside(), testing::ExitedWithCode(13), "late");
}

#ifdef OFFSET_STRESS_PLUGIN
using entry = int (*)(int);

// A plugin that starts a runtime of its own, leaves goroutines parked, and is closed.
void load_and_close() {
  for (int i = 0; i < 20; ++i) {
    void* const plugin = dlopen(OFFSET_STRESS_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      std::_Exit(3);
    }
    const auto f = reinterpret_cast<entry>(dlsym(plugin, "plugin_run"));
    if (f == nullptr || f(i) != i + 1) std::_Exit(4);
    if (dlclose(plugin) != 0) std::_Exit(5);
  }
  std::exit(14);
}
TEST(endings, a_plugin_is_closed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(load_and_close(), testing::ExitedWithCode(14), "");
}

// The same in the goroutines of the program's runtime: what the plugin started has ended, others
// wait.
void load_inside() {
  offset::run([] {
    auto c = offset::make_chan<long>();
    for (int i = 0; i < 50; ++i) {
      offset::go([c] { c.recv(); });
      offset::go([] { offset::time::sleep(1h); });
    }
    offset::go([] {
      for (;;) offset::yield();
    });
    const std::size_t before = offset::num_goroutines();
    for (int i = 0; i < 20; ++i) {
      void* const plugin = dlopen(OFFSET_STRESS_PLUGIN, RTLD_NOW | RTLD_LOCAL);
      if (plugin == nullptr) std::_Exit(3);
      const auto f = reinterpret_cast<entry>(dlsym(plugin, "plugin_goroutines"));
      if (f == nullptr || f(i) != i + 1) std::_Exit(4);
      while (offset::num_goroutines() > before) offset::yield();  // they run the plugin's code
      if (dlclose(plugin) != 0) std::_Exit(5);
      offset::time::sleep(100us);
    }
  });
  std::exit(15);
}
TEST(endings, a_plugin_is_closed_inside) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(load_inside(), testing::ExitedWithCode(15), "");
}
#endif

}  // namespace
