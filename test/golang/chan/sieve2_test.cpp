// Go: test/chan/sieve2.go. The sieve of Eratosthenes as a feedback loop: the primes found make
// channels of multiples, a heap merges these into the composites, the composites are taken out of
// the odd numbers. The loop does not deadlock because a proxy goroutine buffers without bound; its
// select leaves out the send, by a nil channel, while it has nothing.
#include <deque>
#include <queue>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "primes.h"

using offset::chan;
using offset::make_chan;
using offset::recv_chan;
using offset::select;
using offset::send_chan;

namespace {

recv_chan<int> count_from(int first, int step, int buffer) {
  auto out = make_chan<int>(buffer);
  offset::go([=] {
    for (int n = first;; n += step) out.send(n);
  });
  return out;
}
recv_chan<int> odds() { return count_from(5, 2, 50); }
recv_chan<int> multiples(int p) { return count_from(p * p, 2 * p, 10); }

int get(const recv_chan<int>& c) { return c.recv().value(); }

send_chan<int> send_proxy(send_chan<int> out) {
  auto proxy = make_chan<int>(10);
  offset::go([=] {
    std::deque<int> kept;
    for (;;) {
      const send_chan<int> c = kept.empty() ? send_chan<int>() : out;
      const int first = kept.empty() ? 0 : kept.front();
      int e = 0;
      switch (select(proxy.if_recv(e), c.if_send(first))) {
        case 0: kept.push_back(e); break;
        default: kept.pop_front(); break;
      }
    }
  });
  return proxy;
}

struct stream {
  int head;
  recv_chan<int> rest;
  bool operator>(const stream& o) const { return head > o.head; }
};
using heap = std::priority_queue<stream, std::vector<stream>, std::greater<>>;

// Takes the smallest stream one step further; answers the value that it had.
int advance(heap& h) {
  stream s = h.top();
  h.pop();
  const int min = s.head;
  s.head = get(s.rest);
  h.push(std::move(s));
  return min;
}

void merge(const recv_chan<int>& primes, const send_chan<int>& composites) {
  heap h;
  int min = 15;
  for (;;) {
    const recv_chan<int> m = multiples(get(primes));
    const int head = get(m);
    while (min < head) {
      composites.send(min);
      min = advance(h);
    }
    while (min == head) min = advance(h);
    composites.send(head);
    const int second = get(m);
    h.push({second, m});
  }
}

recv_chan<int> sieve() {
  auto out = make_chan<int>(10);
  out.send(2);
  out.send(3);
  auto composites = make_chan<int>(50);
  auto primes = make_chan<int>(10);
  primes.send(3);
  offset::go([=] { merge(primes, composites); });
  offset::go([=] {
    const send_chan<int> found = send_proxy(primes);
    const recv_chan<int> candidates = odds();
    int p = get(candidates);
    for (;;) {
      const int c = get(composites);
      while (p < c) {
        found.send(p);
        out.send(p);
        p = get(candidates);
      }
      if (p == c) p = get(candidates);
    }
  });
  return out;
}

TEST(Sieve2, PrimesBelow100) {
  offset::run([] {
    const recv_chan<int> primes = sieve();
    for (int prime : primes_below_100) EXPECT_EQ(primes.recv(), prime);
  });
}

}  // namespace
