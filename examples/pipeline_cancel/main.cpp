// Whoever reads a pipeline may stop early. Closing `done` tells every stage, however many there
// are, and a destructor does it on every way out; then all of them really end.
// After explicit cancellation in the Go blog's "Pipelines and cancellation".
#include <atomic>
#include <cstdio>
#include <offset/offset.hpp>

// Counts the stages that are alive, so that we can see them end.
offset::sync::wait_group stages;
std::atomic<int> ended = 0;

offset::recv_chan<int> numbers(offset::recv_chan<void> done) {
  auto out = offset::make_chan<int>();
  stages.go([=] {
    for (int n = 1; offset::select(out.if_send(n), done.if_recv()) == 0; ++n) {
    }
    out.close();
    ++ended;
  });
  return out;
}

offset::recv_chan<int> square(offset::recv_chan<void> done, offset::recv_chan<int> in) {
  auto out = offset::make_chan<int>();
  stages.go([=] {
    for (int n : in)
      if (offset::select(out.if_send(n * n), done.if_recv()) == 1) break;
    out.close();
    ++ended;
  });
  return out;
}

struct closing {
  offset::send_chan<void> done;
  ~closing() { done.close(); }
};

int first_square_above(int limit) {
  auto done = offset::make_chan<void>();
  const closing at_end{done};
  for (int n : square(done, numbers(done)))
    if (n > limit) return n;
  return 0;
}

int main() {
  return offset::run([] {
    for (int limit : {10, 1000}) std::printf("above %d: %d\n", limit, first_square_above(limit));
    stages.wait();
    std::printf("%d stages ended\n", ended.load());
  });
}
