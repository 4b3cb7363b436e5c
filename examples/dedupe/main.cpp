// A stage that drops what it has passed on before. It has room for one item: while there is none it
// receives, while there is one it sends, by making the other case nil.
// After the deduper of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
#include <cstdio>
#include <offset/offset.hpp>
#include <set>
#include <string>

offset::recv_chan<std::string> dedupe(offset::recv_chan<std::string> items) {
  auto once = offset::make_chan<std::string>();
  offset::go([=] {
    std::set<std::string> seen;
    offset::recv_chan<std::string> in = items;  // nil while an item is pending
    offset::send_chan<std::string> out;         // nil while none is
    std::string pending;
    for (;;) {
      std::string item;
      bool more = true;
      switch (offset::select(in.if_recv(item, more), out.if_send(pending))) {
        case 0:
          if (!more) return once.close();
          if (!seen.insert(item).second) break;
          pending = item;
          in = {};
          out = once;
          break;
        case 1:
          in = items;
          out = {};
          break;
      }
    }
  });
  return once;
}

int main() {
  return offset::run([] {
    auto news = offset::make_chan<std::string>();
    offset::go([=] {
      for (const char* item : {"rain", "wind", "rain", "sun", "sun", "wind", "hail"})
        news.send(item);
      news.close();
    });
    for (const std::string& item : dedupe(news)) std::puts(item.c_str());
  });
}
