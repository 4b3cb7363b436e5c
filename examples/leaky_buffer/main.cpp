// Buffers that have been used wait in a channel to be used again. When it is empty, a new one is
// made; when it is full, the buffer is dropped. Both are a try that does not wait.
// After "A leaky buffer" in "Effective Go".
#include <cstdio>
#include <memory>
#include <offset/offset.hpp>
#include <string>
#include <utility>

using buffer = std::unique_ptr<std::string>;

class free_list {
 public:
  buffer take() {
    buffer b;
    if (spare_.try_recv(b) == offset::op_status::ok) {
      ++reused;
      b->clear();
    } else {
      ++made;
      b = std::make_unique<std::string>();
    }
    return b;
  }
  void give_back(buffer b) {
    if (spare_.try_send(std::move(b)) != offset::op_status::ok) ++dropped;
  }

  int made = 0;
  int reused = 0;
  int dropped = 0;

 private:
  offset::chan<buffer> spare_ = offset::make_chan<buffer>(2);
};

int main() {
  return offset::run([] {
    free_list buffers;
    for (int in_use : {1, 1, 3, 1}) {
      auto full = offset::make_chan<buffer>(in_use);
      for (int i = 0; i < in_use; ++i) {
        buffer b = buffers.take();
        *b += "message " + std::to_string(i + 1);
        full.send(std::move(b));
      }
      full.close();
      for (buffer& b : full) {
        std::puts(b->c_str());
        buffers.give_back(std::move(b));
      }
    }
    std::printf("%d made, %d used again, %d dropped\n", buffers.made, buffers.reused,
                buffers.dropped);
  });
}
