// Conway's game of life, with a goroutine for each cell. In every generation a cell tells its eight
// neighbours whether it lives, hears the same from them, and decides; no clock keeps them in step.
// After John Conway's game; a glider flies across a world whose edges meet.
#include <array>
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <vector>

constexpr std::size_t size = 6;
constexpr int generations = 4;
constexpr const char* world[size] = {".#....", "..#...", "###...", "......", "......", "......"};

struct cell {
  std::array<offset::chan<bool>, 8> hears;
  std::array<offset::chan<bool>, 8> tells;
  offset::chan<bool> shows;
};

void live(cell c, bool alive) {
  for (;;) {
    c.shows.send(alive);
    for (const auto& neighbour : c.tells) neighbour.send(alive);
    int neighbours = 0;
    for (const auto& neighbour : c.hears)
      if (neighbour.recv().value()) ++neighbours;
    alive = neighbours == 3 || (alive && neighbours == 2);
  }
}

int main() {
  return offset::run([] {
    std::vector<cell> cells(size * size);
    for (std::size_t y = 0; y < size; ++y)
      for (std::size_t x = 0; x < size; ++x) {
        cell& here = cells[y * size + x];
        here.shows = offset::make_chan<bool>();
        std::size_t n = 0;
        for (std::size_t dy : {size - 1, size, size + 1})
          for (std::size_t dx : {size - 1, size, size + 1}) {
            if (dx == size && dy == size) continue;
            cell& there = cells[(y + dy) % size * size + (x + dx) % size];
            here.tells[n] = there.hears[n] = offset::make_chan<bool>(1);
            ++n;
          }
      }
    for (std::size_t i = 0; i < cells.size(); ++i)
      offset::go(live, cells[i], world[i / size][i % size] == '#');

    for (int generation = 0; generation <= generations; ++generation) {
      std::printf("generation %d\n", generation);
      for (std::size_t i = 0; i < cells.size(); ++i) {
        std::putchar(cells[i].shows.recv().value() ? '#' : '.');
        if (i % size == size - 1) std::putchar('\n');
      }
    }
  });
}
