// A generator that is given a context ends when the context is cancelled: nobody has to remember a
// channel for it. A receive, a sleep or a lock can be given a context as well.
// After the example of WithCancel in the documentation of Go's package context.
#include <cstdio>
#include <offset/offset.hpp>

offset::recv_chan<int> numbers(offset::context ctx, offset::sync::wait_group& alive) {
  auto out = offset::make_chan<int>();
  alive.go([=] {
    for (int n = 1; offset::select(out.if_send(n), ctx.if_done()) == 0; ++n) {
    }
    std::printf("the generator ends: %s\n", ctx.err().message().c_str());
  });
  return out;
}

int main() {
  return offset::run([] {
    const auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    offset::sync::wait_group alive;
    for (int n : numbers(ctx, alive)) {
      std::printf("%d\n", n);
      if (n == 5) break;
    }
    cancel();
    alive.wait();
  });
}
