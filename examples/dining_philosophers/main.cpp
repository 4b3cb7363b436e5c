// Five philosophers share five forks, and each needs two to eat. std::scoped_lock takes both
// without a deadlock, in whatever order they are named.
// After Dijkstra's problem; who eats when is open, how often is not.
#include <array>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    constexpr std::size_t seats = 5;
    constexpr const char* names[seats] = {"Plato", "Kant", "Hume", "Hegel", "Arendt"};
    std::array<offset::sync::mutex, seats> forks;
    std::array<int, seats> meals{};
    std::array<bool, seats> in_use{};
    offset::sync::wait_group table;
    for (std::size_t seat = 0; seat < seats; ++seat)
      table.go([&, seat] {
        const std::size_t left = seat;
        const std::size_t right = (seat + 1) % seats;
        for (int i = 0; i < 20; ++i) {
          const std::scoped_lock both(forks[left], forks[right]);
          if (in_use[left] || in_use[right]) std::puts("a fork in two hands");
          in_use[left] = in_use[right] = true;
          ++meals[seat];
          offset::yield();  // eats
          in_use[left] = in_use[right] = false;
        }
      });
    table.wait();
    for (std::size_t seat = 0; seat < seats; ++seat)
      std::printf("%s ate %d times\n", names[seat], meals[seat]);
  });
}
