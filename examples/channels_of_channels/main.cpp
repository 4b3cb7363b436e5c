// A request carries the channel on which it wants its answer: remote procedure calls, many at a
// time, with no lock and no numbers to match.
// After "Channels of channels" in "Effective Go".
#include <cstdio>
#include <functional>
#include <numeric>
#include <offset/offset.hpp>
#include <utility>
#include <vector>

struct request {
  std::vector<int> arguments;
  std::function<int(const std::vector<int>&)> function;
  offset::chan<int> answer;
};

int sum(const std::vector<int>& v) { return std::accumulate(v.begin(), v.end(), 0); }

int product(const std::vector<int>& v) {
  return std::accumulate(v.begin(), v.end(), 1, std::multiplies<>());
}

offset::recv_chan<int> ask(offset::send_chan<request> server, std::vector<int> arguments,
                           int (*function)(const std::vector<int>&)) {
  auto answer = offset::make_chan<int>(1);
  server.send({std::move(arguments), function, answer});
  return answer;
}

int main() {
  return offset::run([] {
    auto server = offset::make_chan<request>();
    for (int i = 0; i < 3; ++i)
      offset::go([=] {
        for (const request& r : server) r.answer.send(r.function(r.arguments));
      });

    // All are asked before the first answer is looked at.
    const auto a = ask(server, {3, 4, 5}, sum);
    const auto b = ask(server, {3, 4, 5}, product);
    const auto c = ask(server, {}, sum);
    std::printf("%d %d %d\n", a.recv().value(), b.recv().value(), c.recv().value());
  });
}
