// Go: test/chan/sieve1.go. The prime sieve: a chain of filters that grows by one at every prime.
#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "primes.h"

using offset::make_chan;
using offset::recv_chan;
using offset::send_chan;

namespace {

void generate(const send_chan<int>& out) {
  for (int i = 2;; ++i) out.send(i);
}

void filter(const recv_chan<int>& in, const send_chan<int>& out, int prime) {
  for (int i : in)
    if (i % prime != 0) out.send(i);
}

void sieve(const send_chan<int>& primes) {
  auto candidates = make_chan<int>();
  offset::go(generate, candidates);
  for (;;) {
    const int prime = candidates.recv().value();
    primes.send(prime);
    auto left = make_chan<int>();
    offset::go(filter, candidates, left, prime);
    candidates = left;
  }
}

TEST(Sieve1, PrimesBelow100) {
  offset::run([] {
    auto primes = make_chan<int>();
    offset::go(sieve, primes);
    for (int prime : primes_below_100) EXPECT_EQ(primes.recv(), prime);
  });
}

}  // namespace
