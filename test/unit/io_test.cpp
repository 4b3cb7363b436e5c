// io: the pipe, its ends and errors; read_full, read_all, copy.
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/program.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::run;
namespace io = offset::io;
using io::errc;
using io::result;

namespace {

// --- errors

TEST(IoError, TextsAreGos) {
  EXPECT_EQ(make_error_code(errc::eof).message(), "EOF");
  EXPECT_EQ(make_error_code(errc::unexpected_eof).message(), "unexpected EOF");
  EXPECT_EQ(make_error_code(errc::closed_pipe).message(), "io: read/write on closed pipe");
  EXPECT_EQ(make_error_code(errc::short_write).message(), "short write");
  EXPECT_STREQ(io::category().name(), "offset.io");
}

TEST(IoError, ClosedPipeIsABrokenPipe) {
  const std::error_code closed = errc::closed_pipe;
  const std::error_code eof = errc::eof;
  EXPECT_EQ(closed, std::errc::broken_pipe);
  EXPECT_NE(eof, std::errc::broken_pipe);
  EXPECT_NE(eof, closed);
}

TEST(IoError, ResultIsFalseWithAnErrorAndThrowsIt) {
  EXPECT_TRUE((result{3, {}}));
  EXPECT_EQ((result{3, {}}).value(), 3U);
  const result failed{3, errc::short_write};
  EXPECT_FALSE(failed);
  try {
    static_cast<void>(failed.value());
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), errc::short_write);
  }
}

// --- the pipe

TEST(Pipe, HandlesShareTheirEnd) {
  auto [r, w] = io::pipe();
  const io::pipe_reader same = r;
  EXPECT_EQ(same, r);
  EXPECT_NE(io::pipe().reader, r);
  EXPECT_TRUE(r);
  EXPECT_TRUE(w);
  same.close();
  EXPECT_EQ(w.write("x").error, errc::closed_pipe);
}

TEST(Pipe, ADefaultHandleIsClosed) {
  char buffer[8];
  const io::pipe_reader r;
  const io::pipe_writer w;
  EXPECT_FALSE(r);
  EXPECT_FALSE(w);
  EXPECT_EQ(r.read(buffer).error, errc::closed_pipe);
  EXPECT_EQ(w.write("x").error, errc::closed_pipe);
  r.close();
  w.close();
}

// A write that a close interrupts reports what was read of it, and why.
TEST(Pipe, InterruptedWriteCountsWhatWasTaken) {
  run([] {
    for (const bool by_reader : {true, false}) {
      auto [r, w] = io::pipe();
      auto wrote = make_chan<result>(1);
      offset::go([=, w = w] { wrote.send(w.write("0123456789")); });
      char buffer[4];
      EXPECT_EQ(r.read(buffer).n, 4U);
      if (by_reader)
        r.close_with_error(make_error_code(std::errc::timed_out));
      else
        w.close_with_error(make_error_code(std::errc::timed_out));
      const auto put = wrote.recv();
      EXPECT_EQ(put->n, 4U);
      EXPECT_EQ(put->error, by_reader ? make_error_code(std::errc::timed_out)
                                      : make_error_code(errc::closed_pipe));
    }
  });
}

// An end that was closed itself says so, whatever the other gave.
TEST(Pipe, OwnCloseGoesBeforeTheOthersError) {
  const auto reason = make_error_code(std::errc::timed_out);
  char buffer[4];
  {
    auto [r, w] = io::pipe();
    w.close_with_error(reason);
    EXPECT_EQ(r.read(buffer).error, reason);
    r.close();
    EXPECT_EQ(r.read(buffer).error, errc::closed_pipe);
    EXPECT_EQ(w.write("x").error, errc::closed_pipe);
  }
  auto [r, w] = io::pipe();
  r.close_with_error(reason);
  EXPECT_EQ(w.write("x").error, reason);
  w.close();
  EXPECT_EQ(w.write("x").error, errc::closed_pipe);
  EXPECT_EQ(r.read(buffer).error, errc::closed_pipe);
}

// A write does not return while bytes of it are unread.
TEST(Pipe, WriteReturnsOnlyWhenAllWasRead) {
  run([] {
    auto [r, w] = io::pipe();
    std::atomic<bool> returned{false};
    offset::go([&, w = w] {
      EXPECT_EQ(w.write("abcd").n, 4U);
      returned = true;
    });
    char one[1];
    for (const char want : {'a', 'b', 'c'}) {
      EXPECT_EQ(r.read(one).n, 1U);
      EXPECT_EQ(one[0], want);
      for (int i = 0; i < 20; ++i) offset::yield();
      EXPECT_FALSE(returned);
    }
    EXPECT_EQ(r.read(one).n, 1U);
    EXPECT_TRUE(test::await([&] { return returned.load(); }));
  });
}

TEST(Pipe, WritersThatWaitForTheirTurnAreToldOfTheClose) {
  run([] {
    auto [r, w] = io::pipe();
    constexpr std::size_t n = 10;
    auto wrote = make_chan<result>(n);
    for (std::size_t i = 0; i < n; ++i) offset::go([=, w = w] { wrote.send(w.write("xy")); });
    char one[1];
    EXPECT_EQ(r.read(one).n, 1U);
    r.close();
    std::size_t taken = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto put = wrote.recv();
      taken += put->n;
      EXPECT_EQ(put->error, errc::closed_pipe);
    }
    EXPECT_EQ(taken, 1U);
  });
}

TEST(Pipe, PlainThreadsAtBothEnds) {
  auto [r, w] = io::pipe();
  std::thread writer([w = w] {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(w.write("hello ").n, 6U);
    w.close();
  });
  const std::string all = io::read_all(r);
  writer.join();
  EXPECT_EQ(all.size(), 600U);
  EXPECT_TRUE(all.starts_with("hello hello "));
}

TEST(Pipe, BetweenAThreadAndAGoroutine) {
  run([] {
    auto [r, w] = io::pipe();
    std::thread writer([w = w] {
      for (int i = 0; i < 100; ++i) w.write("0123456789");
      w.close_with_error(make_error_code(std::errc::io_error));
    });
    std::error_code error;
    EXPECT_EQ(io::read_all(r, error).size(), 1000U);
    EXPECT_EQ(error, std::errc::io_error);
    writer.join();
  });
}

// Writes, reads and closes at the same time: what was written by whole writes is what was read, but
// for one that was interrupted.
TEST(Pipe, EverybodyAtOnce) {
  run([] {
    for (int round = 0; round < 50; ++round) {
      auto [r, w] = io::pipe();
      constexpr int writers = 4;
      constexpr int readers = 4;
      std::atomic<std::size_t> written{0};
      std::atomic<std::size_t> read{0};
      offset::sync::wait_group all;
      for (int i = 0; i < writers; ++i)
        all.go([&, w = w] {
          for (;;) {
            const auto [n, error] = w.write("abcdefg");
            written += n;
            if (error) return;
          }
        });
      for (int i = 0; i < readers; ++i)
        all.go([&, r = r] {
          char buffer[3];
          for (;;) {
            const auto [n, error] = r.read(buffer);
            read += n;
            if (error) return;
          }
        });
      ASSERT_TRUE(test::await([&] { return read.load() > 100; }));
      if (round % 2 == 0)
        r.close();
      else
        w.close();
      all.wait();
      EXPECT_EQ(written.load(), read.load());
    }
  });
}

// --- with a context

TEST(PipeContext, OneThatIsDoneGoesFirst) {
  run([] {
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    auto [r, w] = io::pipe();
    offset::go([w = w] { w.write("abc"); });
    char buffer[8];
    EXPECT_EQ(r.read(ctx, std::span(buffer, 1)).n, 1U);
    cancel();
    const auto got = r.read(ctx, buffer);  // though there is something to read
    EXPECT_EQ(got.n, 0U);
    EXPECT_EQ(got.error, std::errc::operation_canceled);
    EXPECT_EQ(w.write(ctx, "x").error, std::errc::operation_canceled);
    EXPECT_EQ(r.read(buffer).n, 2U);
  });
}

TEST(PipeContext, EndsAReadThatWaits) {
  run([] {
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    auto [r, w] = io::pipe();
    offset::go([cancel = cancel] { cancel(); });
    char buffer[8];
    EXPECT_EQ(r.read(ctx, buffer).error, std::errc::operation_canceled);
    auto [late, ignored] = offset::context::with_timeout(offset::context::background(), 1ms);
    EXPECT_EQ(r.read(late, buffer).error, std::errc::timed_out);
    // The pipe is as it was.
    offset::go([w = w] { w.write("abc"); });
    EXPECT_EQ(r.read(buffer).n, 3U);
  });
}

// A write that is cancelled says what was taken, and leaves its turn to the next.
TEST(PipeContext, EndsAWriteThatWaits) {
  run([] {
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    auto [r, w] = io::pipe();
    auto wrote = make_chan<result>(2);
    offset::go([=, w = w, ctx = ctx] { wrote.send(w.write(ctx, "0123")); });
    char one[1];
    EXPECT_EQ(r.read(one).n, 1U);
    // Another waits for its turn.
    offset::go([=, w = w, ctx = ctx] { wrote.send(w.write(ctx, "4567")); });
    for (int i = 0; i < 20; ++i) offset::yield();
    cancel();
    std::size_t taken = 0;
    for (int i = 0; i < 2; ++i) {
      const auto put = wrote.recv();
      EXPECT_EQ(put->error, std::errc::operation_canceled);
      taken += put->n;
    }
    EXPECT_EQ(taken, 1U);
    offset::go([w = w] { w.write("x"); });
    EXPECT_EQ(r.read(one).n, 1U);
    EXPECT_EQ(one[0], 'x');
  });
}

PROGRAM(nobody_writes) {
  return run([] {
    auto [r, w] = io::pipe();
    char buffer[4];
    static_cast<void>(r.read(buffer));
  });
}
TEST(Pipe, AReadThatNobodyCanEndIsADeadlock) {
  const auto o = test::run_program("nobody_writes");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 "
                                "[select]:\n"))
      << o.err;
}

// --- read_full, read_all, copy

// Gives its pieces one by one, the last together with `end`.
struct pieces {
  std::vector<std::string> list;
  std::error_code end = errc::eof;
  std::size_t at = 0;

  result read(std::span<std::byte> into) {
    if (at == list.size()) return {0, end};
    std::string& piece = list[at];
    const std::size_t n = std::min(into.size(), piece.size());
    std::memcpy(into.data(), piece.data(), n);
    piece.erase(0, n);
    if (!piece.empty()) return {n, {}};
    ++at;
    return {n, at == list.size() ? end : std::error_code()};
  }
};

// Keeps what is written, up to `room` bytes.
struct sink {
  std::size_t room = std::string::npos;
  std::error_code full{};
  std::string kept{};

  result write(std::span<const std::byte> from) {
    const std::size_t n = std::min(from.size(), room - kept.size());
    kept.append(reinterpret_cast<const char*>(from.data()), n);
    return {n, n < from.size() ? full : std::error_code()};
  }
};

TEST(ReadFull, FillsOrSaysWhyNot) {
  char five[5];
  const auto full = io::read_full(pieces{{"ab", "cdef"}}, five);
  EXPECT_EQ(full.n, 5U);
  EXPECT_FALSE(full.error);
  EXPECT_EQ(std::string(five, 5), "abcde");

  // The end that comes together with the last byte is no error.
  EXPECT_FALSE(io::read_full(pieces{{"ab", "cde"}}, five).error);

  const auto some = io::read_full(pieces{{"ab", "c"}}, five);
  EXPECT_EQ(some.n, 3U);
  EXPECT_EQ(some.error, errc::unexpected_eof);

  const auto none = io::read_full(pieces{}, five);
  EXPECT_EQ(none.n, 0U);
  EXPECT_EQ(none.error, errc::eof);

  const auto failed = io::read_full(pieces{{"ab"}, make_error_code(std::errc::io_error)}, five);
  EXPECT_EQ(failed.n, 2U);
  EXPECT_EQ(failed.error, std::errc::io_error);

  EXPECT_FALSE(io::read_full(pieces{}, std::span<std::byte>()).error);
}

TEST(ReadAll, UpToTheEnd) {
  const std::string large(100'000, 'x');
  EXPECT_EQ(io::read_all(pieces{{"ab", large, "c"}}), "ab" + large + "c");
  EXPECT_EQ(io::read_all(pieces{}), "");

  std::error_code error;
  const pieces broken{{"ab", "cd"}, make_error_code(std::errc::io_error)};
  EXPECT_EQ(io::read_all(pieces(broken), error), "abcd");
  EXPECT_EQ(error, std::errc::io_error);
  EXPECT_THROW(io::read_all(pieces(broken)), std::system_error);
  EXPECT_EQ(io::read_all(pieces{{"ab"}}, error), "ab");
  EXPECT_FALSE(error);
}

TEST(Copy, UpToTheEndOrTheFirstError) {
  const std::string large(100'000, 'x');
  sink all;
  const auto done = io::copy(all, pieces{{"ab", large}});
  EXPECT_FALSE(done.error);
  EXPECT_EQ(done.n, large.size() + 2);
  EXPECT_EQ(all.kept, "ab" + large);

  sink small{3, make_error_code(std::errc::no_space_on_device)};
  const auto full = io::copy(small, pieces{{"ab", "cd"}});
  EXPECT_EQ(full.n, 3U);
  EXPECT_EQ(full.error, std::errc::no_space_on_device);

  sink shy{3};
  const auto short_of = io::copy(shy, pieces{{"ab", "cd"}});
  EXPECT_EQ(short_of.n, 3U);
  EXPECT_EQ(short_of.error, errc::short_write);

  sink before;
  const auto failed = io::copy(before, pieces{{"ab"}, make_error_code(std::errc::io_error)});
  EXPECT_EQ(failed.n, 2U);
  EXPECT_EQ(failed.error, std::errc::io_error);
  EXPECT_EQ(before.kept, "ab");
}

TEST(Copy, FromPipeToPipe) {
  run([] {
    auto [r1, w1] = io::pipe();
    auto [r2, w2] = io::pipe();
    offset::go([w = w1] {
      for (int i = 0; i < 1000; ++i) w.write("0123456789");
      w.close();
    });
    offset::go([w = w2, r = r1] {
      const auto [n, error] = io::copy(w, r);
      EXPECT_EQ(n, 10'000U);
      w.close_with_error(error);
    });
    EXPECT_EQ(io::read_all(r2).size(), 10'000U);
  });
}

}  // namespace
