// Groups, tasks and completions under races: no value, error or wake-up is lost or doubled, and
// what was waited for may be destroyed at once.
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "stress.h"

using offset::completion;
using offset::context;
using offset::group;
using offset::make_chan;
using offset::op_status;
using offset::spawn;
using offset::task;

namespace {

struct failure {
  long number;
};

class Groups : public stress::watched {};
class Tasks : public stress::watched {};
class Completions : public stress::watched {};

// Every failure is the first, or one of the others; never both, never neither.
TEST_F(Groups, EveryFailureIsThereOnce) {
  offset::run([] {
    for (long round = 0; round < stress::rounds(1'000); ++round) {
      stress::dice dice(static_cast<std::uint64_t>(round));
      const long n = 1 + static_cast<long>(dice.below(12));
      long failing = 0;
      std::atomic<long> ran{0};
      std::vector<bool> seen(static_cast<std::size_t>(n));
      group g;
      if (dice.below(2) == 0) g.limit(1 + static_cast<std::int64_t>(dice.below(4)));
      for (long i = 0; i < n; ++i) {
        const bool fails = dice.below(2) == 0;
        failing += fails;
        const auto turns = static_cast<unsigned>(dice.below(200));
        g.go([&ran, fails, turns, i](const context& ctx) {
          stress::burn(turns);
          ++ran;
          if (fails) throw failure{i};
          if (turns % 3 == 0)
            static_cast<void>(offset::time::sleep(ctx, std::chrono::microseconds(turns)));
        });
      }
      long count = 0;
      const auto see = [&](long i) {
        EXPECT_FALSE(seen[static_cast<std::size_t>(i)]) << "twice";
        seen[static_cast<std::size_t>(i)] = true;
        ++count;
      };
      try {
        g.wait();
        EXPECT_EQ(failing, 0);
      } catch (const failure& f) {
        see(f.number);
      }
      for (const auto& e : g.failures()) {
        try {
          std::rethrow_exception(e);
        } catch (const failure& f) {
          see(f.number);
        }
      }
      ASSERT_EQ(count, failing);
      ASSERT_EQ(ran.load(), n);
    }
  });
}

// Waiting for a place, with contexts that end at any time: never too many, no place lost.
TEST_F(Groups, PlacesAndCancellation) {
  offset::run([] {
    for (long round = 0; round < stress::rounds(150); ++round) {
      constexpr int limit = 2;
      std::atomic<int> active{0};
      std::atomic<long> ran{0};
      std::atomic<long> accepted{0};
      group g;
      g.limit(limit);
      offset::sync::wait_group callers;
      for (int c = 0; c < 6; ++c)
        callers.go([&, c] {
          stress::dice dice(static_cast<std::uint64_t>(round * 16 + c));
          for (int i = 0; i < 20; ++i) {
            const auto f = [&, i] {
              EXPECT_LE(++active, limit);
              if (i % 3 == 0) offset::yield();
              --active;
              ++ran;
            };
            if (dice.below(3) == 0) {
              accepted += g.try_go([=] { f(); });
            } else {
              auto [ctx, cancel] = context::with_cancel(context::background());
              offset::go([cancel = cancel] { cancel(); });
              const op_status s = g.go(ctx, [=] { f(); });
              accepted += s == op_status::ok;
              EXPECT_TRUE(s == op_status::ok || s == op_status::canceled);
            }
          }
        });
      callers.wait();
      g.wait();
      ASSERT_EQ(ran.load(), accepted.load());
      // No place was lost.
      for (int i = 0; i < limit; ++i) EXPECT_TRUE(g.try_go([] {}));
      g.wait();
      g.limit(1);
    }
  });
}

// A group is destroyed as soon as a wait has returned, after waits that were canceled, while the
// last goroutine is just ending.
TEST_F(Groups, CanceledWaitsThenTheEnd) {
  offset::run([] {
    for (long round = 0; round < stress::rounds(5'000); ++round) {
      auto g = std::make_unique<group>();
      auto [ctx, cancel] = context::with_cancel(context::background());
      const auto turns = static_cast<unsigned>(round % 97) * 10;
      for (int i = 0; i < 3; ++i) g->go([turns] { stress::burn(turns); });
      offset::go([cancel = cancel, turns] {
        stress::burn(turns);
        cancel();
      });
      const op_status s = g->wait(ctx);
      EXPECT_TRUE(s == op_status::ok || s == op_status::canceled);
      if (round % 2 == 0) g->wait();
      g.reset();
    }
  });
}

TEST_F(Groups, FromThreads) {
  offset::run([] {
    std::vector<std::thread> threads;
    std::atomic<long> ran{0};
    const long rounds = stress::rounds(100);
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (long round = 0; round < rounds; ++round) {
          group g;
          g.limit(2);
          for (int i = 0; i < 10; ++i)
            g.go([&, i] {
              ++ran;
              if (i == 7) throw failure{i};
            });
          EXPECT_THROW(g.wait(), failure);
        }
      });
    for (auto& t : threads) offset::blocking([&] { t.join(); });
    EXPECT_EQ(ran.load(), 3 * 10 * rounds);
  });
}

// A get that is canceled at any time loses nothing: the next one has the value.
TEST_F(Tasks, CanceledGetsLoseNothing) {
  offset::run([] {
    for (long round = 0; round < stress::rounds(4'000); ++round) {
      const auto turns = static_cast<unsigned>(round % 89) * 10;
      const bool fails = round % 3 == 0;
      auto t = spawn([=] {
        stress::burn(turns);
        if (fails) throw failure{round};
        return std::make_unique<long>(round);
      });
      auto [ctx, cancel] = context::with_cancel(context::background());
      offset::go([cancel = cancel] { cancel(); });
      try {
        auto got = t.get(ctx);
        if (!got) got = t.get();
        ASSERT_FALSE(fails);
        ASSERT_EQ(**got, round);
      } catch (const failure& f) {
        ASSERT_TRUE(fails);
        ASSERT_EQ(f.number, round);
      }
      EXPECT_THROW(t.get(), offset::panic_error);
    }
  });
}

// Gathering while tasks end, fail and are given up on.
TEST_F(Tasks, Gathering) {
  offset::run([] {
    for (long round = 0; round < stress::rounds(1'000); ++round) {
      stress::dice dice(static_cast<std::uint64_t>(round));
      std::vector<task<int>> tasks;
      const int n = 1 + static_cast<int>(dice.below(8));
      const int failing = static_cast<int>(dice.below(16));  // one of them, or none
      for (int i = 0; i < n; ++i) {
        const auto turns = static_cast<unsigned>(dice.below(300));
        tasks.push_back(spawn([=](const context& ctx) {
          stress::burn(turns);
          if (i == failing) throw failure{i};
          if (ctx.err()) throw std::system_error(ctx.err());
          return i;
        }));
      }
      auto [ctx, cancel] = context::with_cancel(context::background());
      if (dice.below(2) == 0) offset::go([cancel = cancel] { cancel(); });
      try {
        auto got = gather(ctx, std::move(tasks));
        if (!got) {
          ASSERT_EQ(tasks.size(), static_cast<std::size_t>(n));
          got = offset::gather(std::move(tasks));
        }
        ASSERT_GE(failing, n);
        for (int i = 0; i < n; ++i) ASSERT_EQ((*got)[static_cast<std::size_t>(i)], i);
      } catch (const failure& f) {
        ASSERT_EQ(f.number, failing);
      } catch (const std::system_error&) {
        // Canceled by a gathering that a failure had reached, and that was then given up on.
        ADD_FAILURE() << "the first failure in time is another";
      }
    }
  });
}

// Tasks dropped at any point of their life.
TEST_F(Tasks, Dropped) {
  std::atomic<long> alive{0};
  offset::run([&] {
    for (long round = 0; round < stress::rounds(4'000); ++round) {
      task<stress::counted> t = spawn([&, round](const context& ctx) {
        // Only what comes after the cancellation is no more than a report of it.
        if (round % 2 == 0 || round % 5 == 0)
          static_cast<void>(offset::time::sleep(ctx, std::chrono::seconds(60)));
        if (round % 5 == 0)
          throw std::system_error(make_error_code(offset::context_errc::canceled));
        return stress::counted(alive);
      });
      if (round % 5 == 0) t.cancel();
      if (round % 3 == 0) offset::yield();
      auto moved = std::move(t);
    }
  });
  EXPECT_EQ(alive.load(), 0);
}

// set and get race; whoever has got destroys.
TEST_F(Completions, SetGetDestroy) {
  offset::run([] {
    auto work = make_chan<completion<long>*>(4);
    auto done = make_chan<void>();
    std::thread outside([&] {
      for (completion<long>* c : work) EXPECT_TRUE(c->set_value(7));
      done.close();
    });
    for (long round = 0; round < stress::rounds(3'000); ++round) {
      auto c = std::make_unique<completion<long>>();
      if (round % 2 == 0)
        work.send(c.get());
      else
        offset::go([at = c.get()] { at->set_value(7); });
      auto [ctx, cancel] = context::with_cancel(context::background());
      if (round % 3 == 0) {
        offset::go([cancel = cancel] { cancel(); });
        const auto got = c->get(ctx);
        EXPECT_EQ(got.value_or(7), 7);
        if (got) {
          c.reset();
          continue;
        }
      }
      EXPECT_EQ(c->get(), 7);
      c.reset();
    }
    work.close();
    done.recv();
    outside.join();
  });
}

TEST_F(Completions, OneOfManySetters) {
  offset::run([] {
    for (long round = 0; round < stress::rounds(1'000); ++round) {
      completion<int> c;
      std::atomic<int> won{0};
      std::atomic<int> winner{-1};
      offset::sync::wait_group all;
      for (int i = 0; i < 4; ++i) {
        all.go([&, i] {
          const bool mine = i == 3 ? c.set_exception(std::runtime_error("3")) : c.set_value(i);
          if (mine) ++won, winner = i;
        });
        all.go([&] {
          try {
            EXPECT_LT(c.get(), 3);
          } catch (const std::runtime_error& e) {
            EXPECT_STREQ(e.what(), "3");
          }
        });
      }
      all.wait();
      ASSERT_EQ(won.load(), 1);
      try {
        ASSERT_EQ(c.get(), winner.load());
      } catch (const std::runtime_error&) {
        ASSERT_EQ(winner.load(), 3);
      }
    }
  });
}

}  // namespace
