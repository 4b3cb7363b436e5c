// Sends every value of one channel to two others. The select sends to whichever is ready; the one
// that has got its copy is nil until the other has it too.
// After the tee channel of Katherine Cox-Buday's "Concurrency in Go".
#include <cstdio>
#include <offset/offset.hpp>

struct pair {
  offset::recv_chan<int> left;
  offset::recv_chan<int> right;
};

pair tee(offset::recv_chan<int> in) {
  auto left = offset::make_chan<int>();
  auto right = offset::make_chan<int>();
  offset::go([=] {
    for (int value : in) {
      auto a = left;
      auto b = right;
      while (a || b) (offset::select(a.if_send(value), b.if_send(value)) == 0 ? a : b) = {};
    }
    left.close();
    right.close();
  });
  return {left, right};
}

int main() {
  return offset::run([] {
    auto in = offset::make_chan<int>();
    offset::go([=] {
      for (int n = 1; n <= 10; ++n) in.send(n);
      in.close();
    });
    const pair copies = tee(in);

    auto product = offset::make_chan<long>();
    offset::go([=] {
      long p = 1;
      for (int n : copies.right) p *= n;
      product.send(p);
    });
    long sum = 0;
    for (int n : copies.left) sum += n;
    std::printf("sum %ld, product %ld\n", sum, product.recv().value());
  });
}
