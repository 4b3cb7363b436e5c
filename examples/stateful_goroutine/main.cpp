// One goroutine owns a map, and the others send it requests: memory is shared by communicating.
// After "Stateful Goroutines" in Go by Example; each goroutine does a fixed number of operations.
#include <atomic>
#include <cstdio>
#include <map>
#include <offset/offset.hpp>

struct read_request {
  int key = 0;
  offset::chan<int> answer;
};

struct write_request {
  int key = 0;
  int value = 0;
  offset::chan<void> done;
};

void own_the_map(offset::recv_chan<read_request> reads, offset::recv_chan<write_request> writes) {
  std::map<int, int> state;
  for (;;) {
    read_request read;
    write_request write;
    switch (offset::select(reads.if_recv(read), writes.if_recv(write))) {
      case 0: read.answer.send(state[read.key]); break;
      case 1:
        state[write.key] = write.value;
        write.done.send();
        break;
    }
  }
}

int main() {
  return offset::run([] {
    auto reads = offset::make_chan<read_request>();
    auto writes = offset::make_chan<write_request>();
    offset::go(own_the_map, reads, writes);

    const auto read = [=](int key) {
      const read_request request{key, offset::make_chan<int>()};
      reads.send(request);
      return request.answer.recv().value();
    };
    const auto write = [=](int key, int value) {
      const write_request request{key, value, offset::make_chan<void>()};
      writes.send(request);
      request.done.recv();
    };

    std::atomic<int> read_count = 0;
    std::atomic<int> write_count = 0;
    offset::sync::wait_group wg;
    for (int reader = 0; reader < 20; ++reader)
      wg.go([&] {
        for (int i = 0; i < 50; ++i) {
          read(i % 5);
          ++read_count;
        }
      });
    for (int writer = 0; writer < 5; ++writer)
      wg.go([&, writer] {
        for (int i = 1; i <= 100; ++i) {
          write(writer, writer * i);
          ++write_count;
        }
      });
    wg.wait();

    std::printf("reads: %d\n", read_count.load());
    std::printf("writes: %d\n", write_count.load());
    for (int key = 0; key < 5; ++key) std::printf("state[%d] = %d\n", key, read(key));
  });
}
