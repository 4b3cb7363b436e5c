// A plugin that uses the runtime: endings_test.cpp loads and unloads it.
#include <chrono>

#include <offset/offset.hpp>

using namespace std::chrono_literals;

extern "C" __attribute__((visibility("default"))) int plugin_run(int n) {
  int got = 0;
  offset::run([&] {
    auto c = offset::make_chan<int>();
    auto never = offset::make_chan<int>();
    for (int i = 0; i < 20; ++i) {
      offset::go([never] { never.recv(); });
      offset::go([] { offset::time::sleep(1h); });
    }
    offset::go([=] { offset::select(never.if_recv(), c.if_send(n + 1)); });
    c.recv(got);
  });
  return got;
}

extern "C" __attribute__((visibility("default"))) int plugin_goroutines(int n) {
  auto c = offset::make_chan<int>();
  auto quit = offset::make_chan<void>();
  offset::sync::wait_group all;
  for (int i = 0; i < 10; ++i) all.go([quit] { quit.recv(); });
  all.go([c, n] { c.send(n + 1); });
  const int got = *c.recv();
  quit.close();
  all.wait();
  return got;
}
