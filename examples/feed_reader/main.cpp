// Reads two news feeds at once and merges them. Each reader is one goroutine with one select: a
// fetch is under way or not, there is news to hand on or not, and it can be told to close at any
// time. Cases that do not apply are nil. What a feed repeats is dropped.
// After the feed reader of Sameer Ajmani's talk "Advanced Go Concurrency Patterns", with two feeds
// that are written down here instead of fetched.
#include <cstddef>
#include <cstdio>
#include <deque>
#include <offset/offset.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

struct page {
  std::vector<std::string> items;
  std::string error;
};

struct feed {
  std::string name;
  std::vector<page> pages;
};

struct subscription {
  offset::recv_chan<std::string> updates;
  offset::send_chan<offset::chan<std::string>> closing;

  // Ends the subscription, and tells what went wrong in its time.
  std::string close() const {
    auto answer = offset::make_chan<std::string>();
    closing.send(answer);
    return answer.recv().value();
  }
};

void read_feed(feed f, offset::send_chan<std::string> updates,
               offset::recv_chan<offset::chan<std::string>> closing) {
  std::deque<std::string> pending;
  std::set<std::string> seen;
  std::string error = "no error";
  std::size_t next = 0;
  offset::chan<page> fetched;  // nil while no fetch is under way
  for (;;) {
    if (!fetched && pending.size() < 3 && next < f.pages.size()) {
      fetched = offset::make_chan<page>(1);
      offset::go([fetched, p = f.pages[next++]] { fetched.send(p); });
    }
    const auto ready = pending.empty() ? offset::send_chan<std::string>() : updates;
    const std::string first = pending.empty() ? "" : pending.front();
    page p;
    offset::chan<std::string> answer;
    switch (offset::select(fetched.if_recv(p), ready.if_send(first), closing.if_recv(answer))) {
      case 0:
        fetched = {};
        if (!p.error.empty()) error = f.name + ": " + p.error;
        for (const std::string& item : p.items)
          if (seen.insert(item).second) pending.push_back(f.name + ": " + item);
        break;
      case 1: pending.pop_front(); break;
      case 2:
        updates.close();
        answer.send(error);
        return;
    }
  }
}

subscription subscribe(feed f) {
  auto updates = offset::make_chan<std::string>();
  auto closing = offset::make_chan<offset::chan<std::string>>();
  offset::go(read_feed, std::move(f), updates, closing);
  return {updates, closing};
}

subscription merge(subscription a, subscription b) {
  auto updates = offset::make_chan<std::string>();
  auto closing = offset::make_chan<offset::chan<std::string>>();
  auto quit = offset::make_chan<void>();
  for (const subscription& s : {a, b})
    offset::go([=] {
      for (const std::string& item : s.updates)
        if (offset::select(updates.if_send(item), quit.if_recv()) == 1) return;
    });
  offset::go([=] {
    auto answer = closing.recv().value();
    quit.close();
    const std::string error = a.close();
    answer.send(error + "; " + b.close());
  });
  return {updates, closing};
}

int main() {
  return offset::run([] {
    const feed weather{"weather", {{{"rain", "wind"}, ""}, {{"wind", "hail"}, ""}, {{"sun"}, ""}}};
    const feed sports{"sports", {{{"a draw"}, ""}, {{}, "page 2 not found"}, {{"a goal"}, ""}}};
    const subscription news = merge(subscribe(weather), subscribe(sports));
    std::set<std::string> read;
    while (read.size() < 6) read.insert(news.updates.recv().value());
    for (const std::string& item : read) std::puts(item.c_str());
    std::printf("closed: %s\n", news.close().c_str());
  });
}
