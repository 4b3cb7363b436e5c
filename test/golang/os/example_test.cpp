// Go: src/os/signal/example_test.go, example_unix_test.go. Go's first two wait for somebody who
// sends a signal; these send it themselves.
#include <chrono>
#include <csignal>
#include <sstream>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <unistd.h>

#include "../../support/wait.h"

using offset::run;
using offset::select;
namespace os = offset::os;

namespace {

// ExampleNotify
TEST(SignalExample, Notify) {
  std::ostringstream out;
  run([&] {
    auto c = offset::make_chan<os::signal>(1);
    os::notify(c, os::interrupt);
    kill(getpid(), SIGINT);
    out << "Got signal: " << c.recv().value() << "\n";
    os::stop(c);
  });
  EXPECT_EQ(out.str(), "Got signal: interrupt\n");
}

// ExampleNotify_allSignals
TEST(SignalExample, NotifyAllSignals) {
  std::ostringstream out;
  run([&] {
    auto c = offset::make_chan<os::signal>(1);
    os::notify(c);
    kill(getpid(), SIGTERM);
    out << "Got signal: " << c.recv().value() << "\n";
    os::stop(c);
  });
  EXPECT_EQ(out.str(), "Got signal: terminated\n");
}

// ExampleNotifyContext
TEST(SignalExample, NotifyContext) {
  std::ostringstream out;
  run([&] {
    const auto [ctx, stop] = os::notify_context(offset::context::background(), os::interrupt);
    kill(getpid(), SIGINT);
    switch (select(offset::timeout(test::limit), ctx.if_done())) {
      case 0: out << "missed signal\n"; break;
      case 1:
        out << ctx.err().message() << "\n";
        stop();
        break;
    }
  });
  EXPECT_EQ(out.str(), "context canceled\n");
}

}  // namespace
