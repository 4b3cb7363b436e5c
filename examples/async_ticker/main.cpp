// A generator that takes its time: the loop over it gets a number at each tick, and may end early.
// When the loop lets go of the generator, its goroutine is told to stop, and does.
// After the asynchronous generators of the talks on Python's asyncio (PEP 525).
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
#include <vector>

using namespace std::chrono_literals;

class ticker {
 public:
  ticker(std::chrono::milliseconds delay, int to) {
    offset::go([delay, to, numbers = numbers_, stop = stop_, stopped = stopped_] {
      for (int i = 0; i < to; ++i)
        if (offset::select(numbers.if_send(i), stop.if_recv()) == 1 ||
            offset::select(stop.if_recv(), offset::timeout(delay)) == 0)
          break;
      numbers.close();
      stopped.close();
    });
  }
  ~ticker() {
    stop_.close();
    stopped_.recv();
    std::puts("the ticker has stopped");
  }
  ticker(const ticker&) = delete;
  ticker& operator=(const ticker&) = delete;

  auto begin() const { return numbers_.begin(); }
  auto end() const { return numbers_.end(); }

 private:
  offset::chan<int> numbers_ = offset::make_chan<int>();
  offset::chan<void> stop_ = offset::make_chan<void>();
  offset::chan<void> stopped_ = offset::make_chan<void>();
};

int main() {
  return offset::run([] {
    {
      const ticker all(10ms, 5);
      for (int i : all) std::printf("%d\n", i);
    }
    {
      const ticker some(10ms, 1'000'000);
      for (int i : some) {
        std::printf("%d\n", i);
        if (i == 2) break;
      }
    }
    std::vector<int> even;
    {
      const ticker filtered(1ms, 10);
      for (int i : filtered)
        if (i % 2 == 0) even.push_back(i);
    }
    for (int i : even) std::printf("even %d\n", i);
  });
}
