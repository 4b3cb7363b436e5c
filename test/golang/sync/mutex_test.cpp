// Go: src/sync/mutex_test.go.
#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::sync::mutex;
using offset::sync::rw_mutex;

namespace {

constexpr int hammers = 10;
constexpr int blows = 1000;

// Go's is the runtime's own semaphore.
TEST(Mutex, TestSemaphore) {
  offset::run([] {
    offset::sync::semaphore s(1);
    long held = 0;
    auto done = make_chan<void>();
    for (int i = 0; i < hammers; ++i)
      offset::go([&, done] {
        for (int n = 0; n < blows; ++n) {
          s.acquire();
          ++held;
          s.release();
        }
        done.send();
      });
    for (int i = 0; i < hammers; ++i) done.recv();
    EXPECT_EQ(held, hammers * blows);
  });
}

TEST(Mutex, TestMutex) {
  offset::run([] {
    mutex m;
    m.lock();
    EXPECT_FALSE(m.try_lock());
    m.unlock();
    EXPECT_TRUE(m.try_lock());
    m.unlock();

    long locks = 0;
    long misses = 0;
    auto missed = make_chan<long>();
    for (int i = 0; i < hammers; ++i)
      offset::go([&, missed] {
        long mine = 0;
        for (int n = 0; n < blows; ++n) {
          if (n % 3 == 0) {
            if (!m.try_lock()) {
              ++mine;
              continue;
            }
          } else {
            m.lock();
          }
          ++locks;
          m.unlock();
        }
        missed.send(mine);
      });
    for (int i = 0; i < hammers; ++i) misses += *missed.recv();
    EXPECT_EQ(locks + misses, hammers * blows);
  });
}

// Whoever sleeps with the mutex held most of the time does not keep the other out for ever.
TEST(Mutex, TestMutexFairness) {
  offset::run([] {
    mutex m;
    auto stop = make_chan<void>();
    auto done = make_chan<void>();
    offset::sync::wait_group all;
    all.go([&, stop] {
      do {
        m.lock();
        offset::time::sleep(100us);
        m.unlock();
      } while (select(stop.if_recv(), otherwise) == 1);
    });
    offset::go([&, done] {
      for (int i = 0; i < 10; ++i) {
        offset::time::sleep(100us);
        m.lock();
        m.unlock();
      }
      done.send();
    });
    EXPECT_EQ(select(done.if_recv(), offset::timeout(test::limit)), 0U) << "it never got the mutex";
    stop.close();
    all.wait();
  });
}

// --- misuse, which no handler gets to see

template <class F>
int misuse(F f) {
  return offset::run([&] {
    try {
      f();
    } catch (...) {
      std::puts("caught");
    }
    std::puts("test completed");
  });
}
PROGRAM(mutex_unlock) {
  return misuse([] {
    mutex m;
    m.unlock();
  });
}
PROGRAM(mutex_unlock_2) {
  return misuse([] {
    mutex m;
    m.lock();
    m.unlock();
    m.unlock();
  });
}
PROGRAM(rw_mutex_unlock) {
  return misuse([] {
    rw_mutex m;
    m.unlock();
  });
}
PROGRAM(rw_mutex_unlock_2) {
  return misuse([] {
    rw_mutex m;
    m.rlock();
    m.unlock();
  });
}
PROGRAM(rw_mutex_unlock_3) {
  return misuse([] {
    rw_mutex m;
    m.lock();
    m.unlock();
    m.unlock();
  });
}
PROGRAM(rw_mutex_runlock) {
  return misuse([] {
    rw_mutex m;
    m.runlock();
  });
}
PROGRAM(rw_mutex_runlock_2) {
  return misuse([] {
    rw_mutex m;
    m.lock();
    m.runlock();
  });
}
PROGRAM(rw_mutex_runlock_3) {
  return misuse([] {
    rw_mutex m;
    m.rlock();
    m.runlock();
    m.runlock();
  });
}
TEST(Mutex, TestMutexMisuse) {
  constexpr struct {
    const char* name;
    const char* words;
  } programs[] = {
      {"mutex_unlock", "sync: unlock of unlocked mutex"},
      {"mutex_unlock_2", "sync: unlock of unlocked mutex"},
      {"rw_mutex_unlock", "sync: Unlock of unlocked RWMutex"},
      {"rw_mutex_unlock_2", "sync: Unlock of unlocked RWMutex"},
      {"rw_mutex_unlock_3", "sync: Unlock of unlocked RWMutex"},
      {"rw_mutex_runlock", "sync: RUnlock of unlocked RWMutex"},
      {"rw_mutex_runlock_2", "sync: RUnlock of unlocked RWMutex"},
      {"rw_mutex_runlock_3", "sync: RUnlock of unlocked RWMutex"},
  };
  for (const auto& p : programs) {
    const auto o = test::run_program(p.name);
    EXPECT_EQ(o.status, 2) << p.name;
    EXPECT_EQ(o.out, "") << p.name;
    EXPECT_TRUE(o.err.starts_with(std::string("fatal error: ") + p.words + "\n\ngoroutine 1 "))
        << p.name << ": " << o.err;
  }
}

}  // namespace
