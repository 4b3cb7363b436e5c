// Chameneos meet in pairs, and each takes the colour that complements the two; after a fixed number
// of meetings the place is closed. A creature meets nobody but others, never itself.
// After "chameneos-redux" of the Computer Language Benchmarks Game; who meets whom is open.
#include <cstddef>
#include <cstdio>
#include <offset/offset.hpp>
#include <vector>

enum colour { blue, red, yellow };
constexpr const char* names[] = {"blue", "red", "yellow"};

colour complement(colour a, colour b) {
  return a == b ? a : static_cast<colour>(blue + red + yellow - a - b);
}

struct visitor {
  int number = 0;
  colour coat = blue;
  offset::chan<visitor> meets;  // who the other one is; closed when there will be nobody
};

struct diary {
  int meetings = 0;
  int with_itself = 0;
};

void live(visitor me, offset::send_chan<visitor> place, offset::send_chan<diary> diaries) {
  diary d;
  for (;;) {
    place.send(me);
    const auto other = me.meets.recv();
    if (!other) break;
    ++d.meetings;
    if (other->number == me.number) ++d.with_itself;
    me.coat = complement(me.coat, other->coat);
  }
  diaries.send(d);
}

void run_the_place(offset::recv_chan<visitor> place, int meetings) {
  for (int i = 0; i < meetings; ++i) {
    const visitor a = place.recv().value();
    const visitor b = place.recv().value();
    a.meets.send(b);
    b.meets.send(a);
  }
  for (const visitor& late : place) late.meets.close();
}

int main() {
  return offset::run([] {
    for (colour a : {blue, red, yellow})
      for (colour b : {blue, red, yellow})
        std::printf("%s + %s -> %s\n", names[a], names[b], names[complement(a, b)]);

    for (const std::vector<colour>& coats :
         {std::vector{blue, red, yellow}, std::vector{blue, red, yellow, red, yellow, blue}}) {
      auto place = offset::make_chan<visitor>();
      auto diaries = offset::make_chan<diary>();
      offset::go(run_the_place, place, 1000);
      int number = 0;
      for (colour coat : coats)
        offset::go(live, visitor{++number, coat, offset::make_chan<visitor>()}, place, diaries);

      diary all;
      for (std::size_t i = 0; i < coats.size(); ++i) {
        const diary one = diaries.recv().value();
        all.meetings += one.meetings;
        all.with_itself += one.with_itself;
      }
      place.close();
      std::printf("%zu creatures: %d met, %d met itself\n", coats.size(), all.meetings,
                  all.with_itself);
    }
  });
}
