// A master plays 24 opponents, 30 pairs of moves each; she needs 5 seconds for a move, they need
// 55. One game after the other takes 12 hours; going from board to board, she is back at the first
// when the opponent has just moved, and it takes one hour. The clock is a number that is passed
// along with each move.
// After Miguel Grinberg's talk "Asynchronous Python for the Complete Beginner".
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <vector>

constexpr int opponents = 24;
constexpr int pairs = 30;
constexpr long her_time = 5;
constexpr long their_time = 55;

struct board {
  offset::chan<long> her_move = offset::make_chan<long>();    // when she moved
  offset::chan<long> their_move = offset::make_chan<long>();  // when they answered
};

void play(board b) {
  for (long moved : b.her_move) b.their_move.send(moved + their_time);
}

std::vector<board> set_up() {
  std::vector<board> boards(opponents);
  for (const board& b : boards) offset::go(play, b);
  return boards;
}

long one_after_the_other() {
  long now = 0;
  for (const board& b : set_up())
    for (int move = 0; move < pairs; ++move) {
      b.her_move.send(now + her_time);
      now = b.their_move.recv().value();
    }
  return now;
}

struct end {
  long master;
  long all;
};

end from_board_to_board() {
  const std::vector<board> boards = set_up();
  std::vector<long> answered(opponents, 0);
  long now = 0;
  for (int move = 0; move < pairs; ++move)
    for (std::size_t i = 0; i < boards.size(); ++i) {
      now = std::max(now, answered[i]) + her_time;
      boards[i].her_move.send(now);
      answered[i] = boards[i].their_move.recv().value();
    }
  return {now, *std::ranges::max_element(answered)};
}

int main() {
  return offset::run([] {
    std::printf("one after the other: %ld s\n", one_after_the_other());
    const auto [master, all] = from_board_to_board();
    std::printf("from board to board: %ld s for the master, %ld s in all\n", master, all);
  });
}
