// A master plays 24 opponents, 30 pairs of moves each; she needs 5 seconds for a move, they need
// 55. One game after the other takes 12 hours; going from board to board, she is back at the first
// when the opponent has long moved, and it takes one hour. Everybody sleeps for as long as they
// think: in a testing bubble, whose clock jumps to the next timer when all wait, so that the hours
// are exact and over at once. (The twin in Go, which has no such clock, passes the time along with
// each move.)
// After Miguel Grinberg's talk "Asynchronous Python for the Complete Beginner".
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>
#include <offset/testing.hpp>
#include <vector>

using namespace std::chrono_literals;
using offset::time::now;
using offset::time::sleep;

constexpr int opponents = 24;
constexpr int pairs = 30;
constexpr auto her_time = 5s;
constexpr auto their_time = 55s;

struct board {
  offset::chan<int> her_move = offset::make_chan<int>();
  offset::chan<int> their_move = offset::make_chan<int>(1);
};

void play(board b) {
  for (const int move : b.her_move) {
    sleep(their_time);
    b.their_move.send(move);
  }
}

std::vector<board> set_up() {
  std::vector<board> boards(opponents);
  for (const board& b : boards) offset::go(play, b);
  return boards;
}

void end(const std::vector<board>& boards) {
  for (const board& b : boards) b.her_move.close();
}

long seconds_since(offset::time::time_point start) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(now() - start).count());
}

void one_after_the_other() {
  const auto start = now();
  const std::vector<board> boards = set_up();
  for (const board& b : boards)
    for (int move = 0; move < pairs; ++move) {
      sleep(her_time);
      b.her_move.send(move);
      b.their_move.recv();
    }
  std::printf("one after the other: %ld s\n", seconds_since(start));
  end(boards);
}

void from_board_to_board() {
  const auto start = now();
  const std::vector<board> boards = set_up();
  for (int move = 0; move < pairs; ++move)
    for (const board& b : boards) {
      if (move > 0) b.their_move.recv();
      sleep(her_time);
      b.her_move.send(move);
    }
  const long master = seconds_since(start);
  for (const board& b : boards) b.their_move.recv();
  std::printf("from board to board: %ld s for the master, %ld s in all\n", master,
              seconds_since(start));
  end(boards);
}

int main() {
  offset::testing::bubble(one_after_the_other);
  offset::testing::bubble(from_board_to_board);
}
