// A balancer gives each request to the worker that has the fewest in hand; the workers stand in a
// heap, ordered by that. Which worker serves which request is open; that each is served, and that
// no worker ends with work in hand, is not.
// After the load balancer of Rob Pike's talk "Concurrency Is Not Parallelism".
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <vector>

constexpr std::size_t worker_count = 4;
constexpr int client_count = 10;
constexpr int requests_each = 20;

struct request {
  int number = 0;
  offset::chan<int> answer;
};

struct worker {
  offset::chan<request> work;
  int in_hand = 0;
  int served = 0;
};

void serve(std::size_t me, offset::recv_chan<request> work, offset::send_chan<std::size_t> done) {
  for (const request& r : work) {
    r.answer.send(r.number * r.number);
    done.send(me);
  }
}

void ask(offset::send_chan<request> requests, offset::send_chan<int> totals) {
  const auto answer = offset::make_chan<int>();
  int total = 0;
  for (int number = 1; number <= requests_each; ++number) {
    requests.send({number, answer});
    total += answer.recv().value();
  }
  totals.send(total);
}

int main() {
  return offset::run([] {
    const auto requests = offset::make_chan<request>();
    const auto done = offset::make_chan<std::size_t>();
    const auto totals = offset::make_chan<int>(client_count);

    std::vector<worker> workers(worker_count);
    std::vector<std::size_t> heap;  // of indices; the least busy worker in front
    const auto busier = [&](std::size_t a, std::size_t b) {
      return workers[a].in_hand > workers[b].in_hand;
    };
    for (std::size_t i = 0; i < worker_count; ++i) {
      workers[i].work = offset::make_chan<request>(client_count);
      offset::go(serve, i, workers[i].work, done);
      heap.push_back(i);
    }
    for (int i = 0; i < client_count; ++i) offset::go(ask, requests, totals);

    for (int finished = 0; finished < client_count * requests_each;) {
      request r;
      std::size_t index = 0;
      switch (offset::select(requests.if_recv(r), done.if_recv(index))) {
        case 0: {
          std::ranges::pop_heap(heap, busier);
          worker& least_busy = workers[heap.back()];
          least_busy.work.send(r);
          ++least_busy.in_hand;
          std::ranges::push_heap(heap, busier);
          break;
        }
        case 1:
          --workers[index].in_hand;
          ++workers[index].served;
          std::ranges::make_heap(heap, busier);
          ++finished;
          break;
      }
    }

    int served = 0;
    int in_hand = 0;
    for (const worker& w : workers) {
      served += w.served;
      in_hand += w.in_hand;
    }
    std::printf("%zu workers served %d requests and have %d in hand\n", worker_count, served,
                in_hand);
    int total = 0;
    for (int i = 0; i < client_count; ++i) total += totals.recv().value();
    std::printf("the answers add up to %d\n", total);
  });
}
