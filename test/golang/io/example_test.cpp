// Go: src/io/example_test.go, the one with a pipe.
#include <cstddef>
#include <span>
#include <string>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

namespace {

/// Where it goes: Go's os.Stdout.
struct to_string {
  std::string& all;
  offset::io::result write(std::span<const std::byte> from) const {
    all.append(reinterpret_cast<const char*>(from.data()), from.size());
    return {from.size(), {}};
  }
};

// ExamplePipe
TEST(IoExample, Pipe) {
  std::string out;
  offset::run([&] {
    auto [r, w] = offset::io::pipe();
    offset::go([w = w] {
      w.write("some io.Reader stream to be read\n");
      w.close();
    });
    EXPECT_FALSE(offset::io::copy(to_string{out}, r).error);
  });
  EXPECT_EQ(out, "some io.Reader stream to be read\n");
}

}  // namespace
