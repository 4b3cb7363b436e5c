// Go: src/sync/rwmutex_test.go.
#include <atomic>
#include <mutex>
#include <shared_mutex>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::sync::rw_mutex;

namespace {

void parallel_readers(int readers, unsigned maxprocs) {
  offset::run({.maxprocs = maxprocs}, [=] {
    rw_mutex m;
    auto locked = make_chan<void>();
    auto unlock = make_chan<void>();
    auto done = make_chan<void>();
    for (int i = 0; i < readers; ++i)
      offset::go([&, locked, unlock, done] {
        m.rlock();
        locked.send();
        unlock.recv();
        m.runlock();
        done.send();
      });
    for (int i = 0; i < readers; ++i) locked.recv();  // all of them together
    EXPECT_FALSE(m.try_lock());
    for (int i = 0; i < readers; ++i) unlock.send();
    for (int i = 0; i < readers; ++i) done.recv();
    EXPECT_TRUE(m.try_lock());
  });
}
TEST(RWMutex, TestParallelReaders) {
  parallel_readers(1, 4);
  parallel_readers(3, 4);
  parallel_readers(4, 2);
}

// Readers count as one each, a writer as ten thousand.
void hammer(unsigned maxprocs, int readers, int turns) {
  constexpr int writer_counts = 10000;
  offset::run({.maxprocs = maxprocs}, [=] {
    rw_mutex m;
    std::atomic<int> activity{0};
    std::atomic<int> wrong{0};
    offset::sync::wait_group all;
    const auto read = [&] {
      for (int i = 0; i < turns; ++i) {
        const std::shared_lock lock(m);
        const int n = activity.fetch_add(1) + 1;
        if (n < 1 || n >= writer_counts) ++wrong;
        for (volatile int k = 0; k < 100;) k = k + 1;
        activity.fetch_sub(1);
      }
    };
    const auto write = [&] {
      for (int i = 0; i < turns; ++i) {
        const std::unique_lock lock(m);
        if (activity.fetch_add(writer_counts) != 0) ++wrong;
        for (volatile int k = 0; k < 100;) k = k + 1;
        activity.fetch_sub(writer_counts);
      }
    };
    all.go(write);
    for (int i = 0; i < readers / 2; ++i) all.go(read);
    all.go(write);
    for (int i = readers / 2; i < readers; ++i) all.go(read);
    all.wait();
    EXPECT_EQ(wrong.load(), 0);
    EXPECT_EQ(activity.load(), 0);
  });
}
TEST(RWMutex, TestRWMutex) {
  offset::run([] {
    rw_mutex m;
    m.lock();
    EXPECT_FALSE(m.try_lock());
    EXPECT_FALSE(m.try_rlock());
    m.unlock();

    EXPECT_TRUE(m.try_lock());
    m.unlock();

    EXPECT_TRUE(m.try_rlock());
    EXPECT_TRUE(m.try_rlock());
    EXPECT_FALSE(m.try_lock());
    m.runlock();
    m.runlock();
  });
  for (const unsigned maxprocs : {1U, 4U, 10U})
    for (const int readers : {1, 3, 5, 10}) hammer(maxprocs, readers, 200);
}

// RLocker is std::shared_lock here.
TEST(RWMutex, TestRLocker) {
  offset::run([] {
    constexpr int turns = 10;
    rw_mutex m;
    auto write_locked = make_chan<void>(1);
    auto read_locked = make_chan<void>(1);
    offset::go([&, write_locked, read_locked] {
      for (int i = 0; i < turns; ++i) {
        std::shared_lock first(m);
        std::shared_lock second(m);
        static_cast<void>(first.release());  // main unlocks them
        static_cast<void>(second.release());
        read_locked.send();
        m.lock();
        write_locked.send();
      }
    });
    for (int i = 0; i < turns; ++i) {
      read_locked.recv();
      m.runlock();
      EXPECT_EQ(select(write_locked.if_recv(), otherwise), 1U) << "it is not read-locked";
      m.runlock();
      write_locked.recv();
      EXPECT_EQ(select(read_locked.if_recv(), otherwise), 1U) << "the write lock was not respected";
      m.unlock();
    }
  });
}

}  // namespace
