// The first 2,000 primes: numbers go through a chain of goroutines, one a prime, which lets pass
// what its prime does not divide. Cold, because the chain is left behind.
#include <offset/offset.hpp>
#include <stdexcept>

#include "workload.hpp"

static void filter(offset::chan<std::int64_t> in, offset::chan<std::int64_t> out,
                   std::int64_t prime) {
  for (std::int64_t n = 0; in.recv(n);)
    if (n % prime != 0) out.send(n);
}

static const bench::workload sieve(
    "sieve", 2'000,
    [](std::int64_t count) {
      auto numbers = offset::make_chan<std::int64_t>();
      offset::go([numbers] {
        for (std::int64_t n = 2;; ++n) numbers.send(n);
      });
      std::int64_t prime = 0;
      for (std::int64_t found = 0; found < count; ++found) {
        numbers.recv(prime);
        const auto rest = offset::make_chan<std::int64_t>();
        offset::go(filter, numbers, rest, prime);
        numbers = rest;
      }
      if (prime != 17'389) throw std::logic_error("sieve: that is not the 2,000th prime");
    },
    bench::start::cold, bench::figure::all);
