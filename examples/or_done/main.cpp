// A loop over a channel that belongs to somebody else, and may never be closed, should end when we
// are told to stop: or_done wraps the channel, so that the loop stays a plain one.
// After the or-done channel of Katherine Cox-Buday's "Concurrency in Go".
#include <cstdio>
#include <offset/offset.hpp>
#include <optional>

template <class T>
offset::recv_chan<T> or_done(offset::recv_chan<void> done, offset::recv_chan<T> in) {
  auto out = offset::make_chan<T>();
  offset::go([=] {
    for (;;) {
      std::optional<T> value;
      if (offset::select(in.if_recv(value), done.if_recv()) == 1 || !value) break;
      if (offset::select(out.if_send(*value), done.if_recv()) == 1) break;
    }
    out.close();
  });
  return out;
}

offset::recv_chan<int> numbers(int count) {
  auto out = offset::make_chan<int>();
  offset::go([=] {
    for (int n = 1; n <= count; ++n) out.send(n);
    offset::make_chan<void>().recv();  // says nothing more, and does not close
  });
  return out;
}

int main() {
  return offset::run([] {
    auto done = offset::make_chan<void>();
    for (int n : or_done(done, numbers(4))) {
      std::printf("%d\n", n);
      if (n == 4) done.close();
    }
    std::puts("done");
  });
}
