#include <cstdio>
#include <offset/offset.hpp>

#if OFFSET_VERSION < 100
#error "an offset older than the one this was written for"
#endif

int main() {
  return offset::run([] {
    auto numbers = offset::make_chan<int>();
    auto sum = offset::make_chan<int>(1);
    offset::go([=] {
      for (int i = 1; i <= 10; ++i) numbers.send(i);
      numbers.close();
    });
    offset::go([=] {
      int total = 0;
      for (int n : numbers) total += n;
      sum.send(total);
    });
    int const total = sum.recv().value();
    std::printf("offset %s: %d\n", OFFSET_VERSION_STRING, total);
    return total == 55 ? 0 : 1;
  });
}
