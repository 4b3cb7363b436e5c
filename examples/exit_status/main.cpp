// Checks some numbers at the same time; the program's exit status says how many are odd. What main
// returns, run returns.
// After "Exit" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    auto verdicts = offset::make_chan<bool>();
    for (int number : {2, 3, 5, 8, 13}) offset::go([=] { verdicts.send(number % 2 != 0); });

    int odd = 0;
    for (int i = 0; i < 5; ++i)
      if (verdicts.recv().value()) ++odd;
    std::printf("%d of 5 are odd\n", odd);
    return odd;
  });
}
