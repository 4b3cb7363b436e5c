// An exhibition in chess: a master against 24 opponents, 30 pairs of moves a game. She takes 5 s
// for a move, an opponent 55 s. One game after the other takes twelve hours; walking from board to
// board she has made her last move after one. Both are played here to the second, in no time.
#include <chrono>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <offset/testing.hpp>

using namespace std::chrono_literals;
using offset::time::now;
using offset::time::sleep;

namespace {

constexpr int opponents = 24;
constexpr int pairs = 30;
constexpr auto her_move = 5s;
constexpr auto their_move = 55s;

struct board {
  offset::chan<int> hers = offset::make_chan<int>(1);
  offset::chan<int> theirs = offset::make_chan<int>(1);
};

void opponent(const board& b) {
  for (const int move : b.hers) {
    sleep(their_move);
    b.theirs.send(move);
  }
}

TEST(Chess, OneGameAfterTheOther) {
  offset::testing::bubble([] {
    const auto start = now();
    for (int i = 0; i < opponents; ++i) {
      const board b;
      offset::go([b] { opponent(b); });
      for (int move = 1; move <= pairs; ++move) {
        sleep(her_move);
        b.hers.send(move);
        EXPECT_EQ(b.theirs.recv(), move);
      }
      b.hers.close();
    }
    EXPECT_EQ(now() - start, 43'200s);
  });
}

TEST(Chess, FromBoardToBoard) {
  const auto began = std::chrono::steady_clock::now();
  offset::testing::explore(20, [] {
    const auto start = now();
    std::vector<board> boards(opponents);
    offset::sync::wait_group playing;
    for (const board& b : boards) playing.go([b] { opponent(b); });
    for (int move = 1; move <= pairs; ++move)
      for (const board& b : boards) {
        if (move > 1) {
          EXPECT_EQ(b.theirs.recv(), move - 1);
        }
        sleep(her_move);
        b.hers.send(move);
      }
    EXPECT_EQ(now() - start, 3'600s);
    for (const board& b : boards) b.hers.close();
    playing.wait();
    EXPECT_EQ(now() - start, 3'600s + their_move);
  });
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20 * 3'600s);  // that is: not in real time
}

}  // namespace
