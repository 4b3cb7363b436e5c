// A few pollers look at a list of addresses again and again; one goroutine keeps the states. Each
// address is owned by one goroutine at a time, because it travels through channels: nothing is
// locked.
// After the codewalk "Share Memory By Communicating" of Go; the answers are written down here, and
// each address is looked at three times.
#include <cstddef>
#include <cstdio>
#include <map>
#include <memory>
#include <offset/offset.hpp>
#include <string>
#include <utility>

struct resource {
  std::string url;
  std::size_t polls = 0;
};
using owned = std::unique_ptr<resource>;

struct state {
  std::string url;
  std::string status;
};

const std::map<std::string, const char*> answers = {
    {"/blog", "200 OK"}, {"/docs", "200 OK"}, {"/old", "404 Not Found"}, {"/play", "200 OK"}};

void poll(offset::chan<owned> pending, offset::chan<owned> complete,
          offset::send_chan<state> states) {
  for (owned& r : pending) {
    ++r->polls;
    states.send({r->url, answers.at(r->url)});
    complete.send(std::move(r));
  }
}

int main() {
  return offset::run([] {
    auto pending = offset::make_chan<owned>();
    auto complete = offset::make_chan<owned>();
    auto states = offset::make_chan<state>();
    for (int i = 0; i < 2; ++i) offset::go(poll, pending, complete, states);

    auto report = offset::make_chan<void>();
    offset::go([=] {
      std::map<std::string, int> seen;
      for (const auto& [url, status] : states) ++seen[url + ": " + status];
      for (const auto& [line, times] : seen) std::printf("%s, %d times\n", line.c_str(), times);
      report.send();
    });

    offset::go([=] {
      for (const auto& [url, status] : answers) {
        auto r = std::make_unique<resource>();
        r->url = url;
        pending.send(std::move(r));
      }
    });
    for (std::size_t finished = 0; finished < answers.size();) {
      owned r = complete.recv().value();
      if (r->polls == 3)
        ++finished;
      else
        offset::go([pending, again = std::move(r)]() mutable { pending.send(std::move(again)); });
    }
    states.close();
    report.recv();
  });
}
