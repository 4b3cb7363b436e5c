// Multiplies two matrices in a grid of goroutines. Rows flow in from the west, columns from the
// north; each cell multiplies what meets in it, adds it up, and passes it on to the east and south.
// After the systolic array of C. A. R. Hoare's "Communicating Sequential Processes".
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>

constexpr std::size_t size = 3;
using matrix = int[size][size];

constexpr matrix a = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
constexpr matrix b = {{2, 0, 1}, {0, 3, 0}, {1, 0, 2}};

void cell(offset::recv_chan<int> west, offset::recv_chan<int> north, offset::send_chan<int> east,
          offset::send_chan<int> south, offset::send_chan<int> result) {
  int sum = 0;
  for (int x : west) {
    const int y = north.recv().value();
    sum += x * y;
    east.send(x);
    south.send(y);
  }
  east.close();
  south.close();
  result.send(sum);
}

int main() {
  return offset::run([] {
    // rows[i][j] leads into cell (i, j) from the west, columns[i][j] from the north; the buffers
    // take what leaves the grid.
    offset::chan<int> rows[size][size + 1];
    offset::chan<int> columns[size + 1][size];
    for (auto& row : rows)
      for (auto& c : row) c = offset::make_chan<int>(size);
    for (auto& row : columns)
      for (auto& c : row) c = offset::make_chan<int>(size);

    offset::chan<int> results[size][size];
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j) {
        results[i][j] = offset::make_chan<int>();
        offset::go(cell, rows[i][j], columns[i][j], rows[i][j + 1], columns[i + 1][j],
                   results[i][j]);
      }
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t k = 0; k < size; ++k) {
        rows[i][0].send(a[i][k]);
        columns[0][i].send(b[k][i]);
      }
      rows[i][0].close();
      columns[0][i].close();
    }
    for (const auto& row : results) {
      for (const auto& result : row) std::printf("%4d", result.recv().value());
      std::puts("");
    }
  });
}
