// Go: src/io/pipe_test.go.
#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using namespace std::chrono_literals;
using offset::make_chan;
using offset::run;
using offset::io::errc;
using offset::io::pipe;
using offset::io::result;

namespace {

TEST(Pipe, TestPipe1) {
  run([] {
    auto done = make_chan<void>();
    auto [r, w] = pipe();
    offset::go([=, w = w] {
      const result put = w.write("hello, world");
      EXPECT_FALSE(put.error) << put.error.message();
      EXPECT_EQ(put.n, 12U);
      done.send();
    });
    char buffer[64];
    const auto [n, error] = r.read(buffer);
    EXPECT_FALSE(error) << error.message();
    EXPECT_EQ(std::string(buffer, n), "hello, world");
    done.recv();
    r.close();
    w.close();
  });
}

TEST(Pipe, TestPipe2) {
  run([] {
    auto c = make_chan<std::size_t>();
    auto [r, w] = pipe();
    offset::go([=, r = r] {
      char buffer[64];
      for (;;) {
        const auto [n, error] = r.read(buffer);
        if (error == errc::eof) break;
        EXPECT_FALSE(error) << error.message();
        c.send(n);
      }
      c.send(0);
    });
    const std::string bytes(64, 'x');
    for (std::size_t i = 0; i < 5; ++i) {
      const std::size_t want = 5 + i * 10;
      const auto [n, error] = w.write(bytes.substr(0, want));
      EXPECT_FALSE(error) << error.message();
      EXPECT_EQ(n, want);
      EXPECT_EQ(c.recv(), n);
    }
    w.close();
    EXPECT_EQ(c.recv(), 0U);
  });
}

// One write that several reads consume; the write returns only then.
TEST(Pipe, TestPipe3) {
  run([] {
    auto c = make_chan<result>();
    auto [r, w] = pipe();
    std::array<std::byte, 128> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i);
    offset::go([&, c, w = w] {
      const result put = w.write(out);
      w.close();
      c.send(put);
    });
    std::vector<std::byte> in(1024);
    std::size_t total = 0;
    for (std::size_t want = 1; want <= 256; want *= 2) {
      const auto [n, error] = r.read(std::span(in).subspan(total, want));
      EXPECT_TRUE(!error || error == errc::eof) << error.message();
      // 1 to 64 make 127: then one byte, then the end.
      EXPECT_EQ(n, want < 128 ? want : want == 128 ? 1 : 0);
      if (want == 256) {
        EXPECT_EQ(error, errc::eof);
      }
      total += n;
    }
    const auto put = c.recv();
    EXPECT_EQ(put->n, 128U);
    EXPECT_FALSE(put->error);
    EXPECT_EQ(total, 128U);
    EXPECT_TRUE(std::equal(out.begin(), out.end(), in.begin()));
  });
}

struct close_case {
  bool async;
  std::error_code error;
  bool with_error;
};
const close_case close_cases[] = {
    {true, {}, false},  {true, {}, true},  {true, errc::short_write, true},
    {false, {}, false}, {false, {}, true}, {false, errc::short_write, true},
};

template <class End>
void close_as(const End& end, const close_case& how) {
  offset::time::sleep(1ms);
  if (how.with_error)
    end.close_with_error(how.error);
  else
    end.close();
}
// Closes the end, before it returns or later; the channel tells when it is done.
template <class End>
offset::chan<void> close_case_of(const End& end, const close_case& how) {
  auto done = make_chan<void>(1);
  const auto close = [=, &how] {
    close_as(end, how);
    done.send();
  };
  if (how.async)
    offset::go(close);
  else
    close();
  return done;
}

TEST(Pipe, TestPipeReadClose) {
  run([] {
    for (const close_case& how : close_cases) {
      auto [r, w] = pipe();
      auto done = close_case_of(w, how);
      char buffer[64];
      const auto [n, error] = r.read(buffer);
      done.recv();
      EXPECT_EQ(error, how.error ? how.error : make_error_code(errc::eof)) << how.async;
      EXPECT_EQ(n, 0U);
      r.close();
    }
  });
}

// The reading end is closed during a read.
TEST(Pipe, TestPipeReadClose2) {
  run([] {
    auto [r, w] = pipe();
    auto done = close_case_of(r, {true, {}, false});
    char buffer[64];
    const auto [n, error] = r.read(buffer);
    done.recv();
    EXPECT_EQ(n, 0U);
    EXPECT_EQ(error, errc::closed_pipe);
  });
}

TEST(Pipe, TestPipeWriteClose) {
  run([] {
    for (const close_case& how : close_cases) {
      auto [r, w] = pipe();
      auto done = close_case_of(r, how);
      const auto [n, error] = w.write("hello, world");
      done.recv();
      EXPECT_EQ(error, how.error ? how.error : make_error_code(errc::closed_pipe)) << how.async;
      EXPECT_EQ(n, 0U);
      w.close();
    }
  });
}

// The writing end is closed during a write.
TEST(Pipe, TestPipeWriteClose2) {
  run([] {
    auto [r, w] = pipe();
    auto done = close_case_of(w, {true, {}, false});
    const auto [n, error] = w.write(std::string(64, 'x'));
    done.recv();
    EXPECT_EQ(n, 0U);
    EXPECT_EQ(error, errc::closed_pipe);
  });
}

void write_nothing_then_close(std::span<const std::byte> nothing) {
  run([=] {
    auto [r, w] = pipe();
    auto wrote = make_chan<result>(1);
    offset::go([=, w = w] {
      wrote.send(w.write(nothing));
      w.close();
    });
    char buffer[2];
    const auto [n, error] = read_full(r, buffer);
    EXPECT_EQ(n, 0U);
    EXPECT_EQ(error, errc::eof);
    EXPECT_EQ(wrote.recv()->error, std::error_code());
    r.close();
  });
}
TEST(Pipe, TestWriteEmpty) {
  const std::byte one{};
  write_nothing_then_close({&one, 0});
}
TEST(Pipe, TestWriteNil) { write_nothing_then_close({}); }

TEST(Pipe, TestWriteAfterWriterClose) {
  run([] {
    auto [r, w] = pipe();
    auto done = make_chan<std::error_code>();
    offset::go([=, w = w] {
      const result put = w.write("hello");
      EXPECT_FALSE(put.error) << put.error.message();
      w.close();
      done.send(w.write("world").error);
    });
    char buffer[100];
    const auto [n, error] = read_full(r, buffer);
    EXPECT_EQ(error, errc::unexpected_eof);
    EXPECT_EQ(std::string(buffer, n), "hello");
    EXPECT_EQ(done.recv(), errc::closed_pipe);
  });
}

// The first error given stays.
TEST(Pipe, TestPipeCloseError) {
  run([] {
    const auto one = make_error_code(std::errc::address_in_use);
    const auto two = make_error_code(std::errc::io_error);
    {
      auto [r, w] = pipe();
      r.close_with_error(one);
      EXPECT_EQ(w.write(std::span<const std::byte>()).error, one);
      r.close_with_error(two);
      EXPECT_EQ(w.write(std::span<const std::byte>()).error, one);
    }
    auto [r, w] = pipe();
    w.close_with_error(one);
    EXPECT_EQ(r.read(std::span<std::byte>()).error, one);
    w.close_with_error(two);
    EXPECT_EQ(r.read(std::span<std::byte>()).error, one);
  });
}

const std::string input = "0123456789abcdef";
constexpr std::size_t count = 8;
constexpr std::size_t read_size = 2;

// Each write is whole, though it takes several reads.
TEST(Pipe, TestPipeConcurrentWrite) {
  run([] {
    auto [r, w] = pipe();
    for (std::size_t i = 0; i < count; ++i)
      offset::go([w = w] {
        offset::time::sleep(1ms);
        const auto [n, error] = w.write(input);
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(n, input.size());
      });
    std::string got(count * input.size(), '\0');
    for (std::size_t i = 0; i < got.size(); i += read_size) {
      const auto [n, error] = r.read(std::span(got).subspan(i, read_size));
      EXPECT_FALSE(error) << error.message();
      EXPECT_EQ(n, read_size);
    }
    std::string want;
    for (std::size_t i = 0; i < count; ++i) want += input;
    EXPECT_EQ(got, want);
  });
}

// Each read gets bytes that belong together, in whatever order.
TEST(Pipe, TestPipeConcurrentRead) {
  run([] {
    auto [r, w] = pipe();
    constexpr std::size_t reads = count * 16 / read_size;
    auto c = make_chan<std::string>(reads);
    for (std::size_t i = 0; i < reads; ++i)
      offset::go([=, r = r] {
        offset::time::sleep(1ms);
        std::string piece(read_size, '\0');
        const auto [n, error] = r.read(piece);
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(n, read_size);
        c.send(piece);
      });
    for (std::size_t i = 0; i < count; ++i) {
      const auto [n, error] = w.write(input);
      EXPECT_FALSE(error) << error.message();
      EXPECT_EQ(n, input.size());
    }
    std::vector<std::string> got;
    std::vector<std::string> want;
    for (std::size_t i = 0; i < reads; ++i) {
      got.push_back(*c.recv());
      want.push_back(input.substr(i * read_size % input.size(), read_size));
    }
    std::sort(got.begin(), got.end());
    std::sort(want.begin(), want.end());
    EXPECT_EQ(got, want);
  });
}

}  // namespace
