// Three smokers, each with plenty of one ingredient; an agent lays the two others of one of them on
// the table, and the one who can, smokes. Asking for both things at once, as a whole, is what keeps
// them from taking one thing each.
// After Patil's cigarette smokers' problem; what the agent lays out is a fixed list.
#include <array>
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    constexpr const char* has[] = {"tobacco", "paper", "matches"};
    std::array<offset::chan<void>, 3> others_of;  // the two things that smoker i lacks
    std::array<int, 3> smoked{};
    auto done = offset::make_chan<std::size_t>();
    for (std::size_t i = 0; i < others_of.size(); ++i) {
      others_of[i] = offset::make_chan<void>();
      offset::go([table = others_of[i], i, done] {
        while (table.recv()) done.send(i);
      });
    }
    for (std::size_t next : {0u, 2u, 1u, 1u, 0u, 2u, 0u, 0u}) {
      others_of[next].send();
      ++smoked[done.recv().value()];
    }
    for (std::size_t i = 0; i < smoked.size(); ++i)
      std::printf("the one with %s smoked %d times\n", has[i], smoked[i]);
  });
}
