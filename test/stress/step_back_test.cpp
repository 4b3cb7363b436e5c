// Carriers that step back from a crowded channel: what they leave is run, and they come back for
// what needs them.
#include <vector>

#include "stress.h"

namespace {

using stress::rounds;

// Many on one channel, until it is closed: whoever can steps back from it.
struct crowd {
  offset::chan<long> c;
  std::atomic<bool> over{false};
  std::atomic<long> sent{0};
  std::atomic<long> received{0};
  offset::sync::wait_group senders;
  offset::sync::wait_group receivers;

  explicit crowd(int capacity) : c(offset::make_chan<long>(capacity)) {
    for (int i = 0; i < 8; ++i) {
      senders.go([this] {
        while (!over) {
          c.send(1);
          sent.fetch_add(1, std::memory_order_relaxed);
        }
      });
      receivers.go([this] {
        for (const long v : c) received.fetch_add(v, std::memory_order_relaxed);
      });
    }
  }
  void end() {
    over = true;
    senders.wait();
    c.close();
    receivers.wait();
    EXPECT_EQ(sent, received);
  }
};

void last(std::chrono::milliseconds d) {
  const auto until = std::chrono::steady_clock::now() + d;
  while (std::chrono::steady_clock::now() < until) offset::yield();
}

TEST(step_back, LosesNothing) {
  offset::run([] {
    for (const int capacity : {0, 1, 128}) {
      for (int i = 0; i < rounds(5); ++i) {
        crowd all(capacity);
        last(std::chrono::milliseconds(20));
        all.end();
      }
    }
  });
}

// Two goroutines that wait for one another without giving way need two carriers, just after all but
// one have stepped back.
TEST(step_back, CarriersComeBackForWhatNeedsThem) {
  offset::run([] {
    for (int i = 0; i < rounds(20); ++i) {
      crowd all(i % 2 == 0 ? 0 : 128);
      last(std::chrono::milliseconds(10));
      all.end();
      std::atomic<int> here{0};
      offset::sync::wait_group pair;
      for (int k = 0; k < 2; ++k)
        pair.go([&] {
          ++here;
          while (here != 2) std::this_thread::yield();
        });
      pair.wait();
    }
  });
}

// The same while the crowd goes on: it does not keep the carriers away from what has to run.
TEST(step_back, OrWhileTheCrowdGoesOn) {
  offset::run([] {
    for (int i = 0; i < rounds(20); ++i) {
      crowd all(i % 2 == 0 ? 0 : 128);
      last(std::chrono::milliseconds(5));
      std::atomic<int> here{0};
      offset::sync::wait_group pair;
      for (int k = 0; k < 2; ++k)
        pair.go([&] {
          ++here;
          while (here != 2) std::this_thread::yield();
        });
      pair.wait();
      all.end();
    }
  });
}

// A thread outside wakes a carrier that has stepped back, though the one that stayed is kept by a
// goroutine that does not give way.
TEST(step_back, ThreadsOutsideWakeThem) {
  offset::run([] {
    for (int i = 0; i < rounds(20); ++i) {
      auto told = offset::make_chan<void>();
      std::atomic<bool> heard{false};
      offset::sync::wait_group listener;
      listener.go([&] {
        told.recv();
        heard = true;
      });
      crowd all(128);
      last(std::chrono::milliseconds(5));
      std::thread outside([&] { told.send(); });
      while (!heard) std::this_thread::yield();
      outside.join();
      listener.wait();
      all.end();
    }
  });
}

// One that is in the crowd and gives way lets others run, each time: also in the moment in which
// its carrier is about to step back.
TEST(step_back, AYieldGivesWay) {
  offset::run([] {
    auto c = offset::make_chan<int>(64);
    std::atomic<int> most{0};
    offset::sync::wait_group all;
    for (int k = 0; k < 4; ++k)
      all.go([&] {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
        while (std::chrono::steady_clock::now() < until) {
          std::atomic<bool> ran{false};
          offset::sync::wait_group one;
          one.go([&] { ran = true; });
          int turns = 0;
          for (; !ran; ++turns) {
            int v = 0;
            for (int i = 0; i < 4'000; ++i) {
              c.try_send(i);
              c.try_recv(v);
            }
            offset::yield();
          }
          one.wait();
          int seen = most;
          while (turns > seen && !most.compare_exchange_weak(seen, turns)) {
          }
        }
      });
    all.wait();
    EXPECT_LT(most, 400);
  });
}

}  // namespace
