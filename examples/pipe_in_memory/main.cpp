// One goroutine writes as to a file, another reads as from one, and between them is a pipe in
// memory: a write has returned when its bytes have been read. What ends the writer ends the reader.
// After the example of io.Pipe in Go's documentation.
#include <array>
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>
#include <system_error>

int main() {
  return offset::run([] {
    {
      auto [reader, writer] = offset::io::pipe();
      offset::go([writer = writer] {
        for (int i = 1; i <= 3; ++i) writer.write("line " + std::to_string(i) + "\n");
        writer.close();
      });
      std::fputs(offset::io::read_all(reader).c_str(), stdout);
    }
    {
      auto [reader, writer] = offset::io::pipe();
      auto done = offset::make_chan<void>();
      offset::go([writer = writer, done] {
        const auto [n, error] = writer.write("0123456789");
        std::printf("wrote %zu of 10: %s\n", n, error.message().c_str());
        done.close();
      });
      std::array<char, 4> some{};
      const auto [n, error] = reader.read(some);
      std::printf("read %.*s\n", static_cast<int>(n), some.data());
      reader.close();
      done.recv();
    }
  });
}
