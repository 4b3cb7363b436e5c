// A channel of channels, read as if it were one: each is emptied before the next is looked at.
// After the bridge channel of Katherine Cox-Buday's "Concurrency in Go".
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

template <class T>
offset::recv_chan<T> bridge(offset::recv_chan<offset::recv_chan<T>> channels) {
  auto out = offset::make_chan<T>();
  offset::go([=] {
    for (const auto& channel : channels)
      for (auto& value : channel) out.send(value);
    out.close();
  });
  return out;
}

// The lines of a chapter, which its own goroutine writes.
offset::recv_chan<std::string> chapter(int number) {
  auto lines = offset::make_chan<std::string>();
  offset::go([=] {
    for (int line = 1; line <= 3; ++line)
      lines.send("chapter " + std::to_string(number) + ", line " + std::to_string(line));
    lines.close();
  });
  return lines;
}

int main() {
  return offset::run([] {
    auto chapters = offset::make_chan<offset::recv_chan<std::string>>();
    offset::go([=] {
      for (int number = 1; number <= 3; ++number) chapters.send(chapter(number));
      chapters.close();
    });
    offset::recv_chan<offset::recv_chan<std::string>> book = chapters;
    for (const std::string& line : bridge(book)) std::puts(line.c_str());
  });
}
