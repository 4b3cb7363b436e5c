// What goes through a channel changes hands: the element of this one can be moved but not copied,
// so the sender is left with nothing, and exactly one goroutine owns the parcel at any time.
// (In Go, a pointer is sent, and only custom says that the sender must not use it any longer.)
#include <cstdio>
#include <memory>
#include <offset/offset.hpp>
#include <string>
#include <utility>

struct parcel {
  explicit parcel(std::string content) : label(std::move(content)) {}
  std::string label;
};

using belt = offset::chan<std::unique_ptr<parcel>>;

void station(std::string stamp, belt in, belt out) {
  for (auto& p : in) {
    p->label += " > " + stamp;
    out.send(std::move(p));
  }
  out.close();
}

int main() {
  return offset::run([] {
    auto start = offset::make_chan<std::unique_ptr<parcel>>();
    auto middle = offset::make_chan<std::unique_ptr<parcel>>();
    auto finish = offset::make_chan<std::unique_ptr<parcel>>();
    offset::go(station, "packed", start, middle);
    offset::go(station, "shipped", middle, finish);
    offset::go([=] {
      for (const char* content : {"book", "lamp", "chair"}) {
        auto p = std::make_unique<parcel>(content);
        start.send(std::move(p));
      }
      start.close();
    });
    for (auto& p : finish) std::puts(p->label.c_str());
  });
}
