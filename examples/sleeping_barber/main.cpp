// One barber, three chairs to wait on. A customer who finds them taken goes away; the barber sleeps
// while nobody waits.
// After Dijkstra's problem; how many are turned away is open, that nobody gets lost is not.
#include <cstdio>
#include <offset/offset.hpp>

struct customer {
  offset::send_chan<void> hair_cut;
};

int main() {
  return offset::run([] {
    auto chairs = offset::make_chan<customer>(3);
    auto closing_time = offset::make_chan<int>();
    offset::go([=] {
      int cut = 0;
      for (const customer& c : chairs) {
        ++cut;
        c.hair_cut.send();
      }
      closing_time.send(cut);
    });

    constexpr int visitors = 50;
    auto outcomes = offset::make_chan<bool>();
    for (int i = 0; i < visitors; ++i)
      offset::go([=] {
        auto hair_cut = offset::make_chan<void>();
        const bool found_a_chair = chairs.try_send(customer{hair_cut}) == offset::op_status::ok;
        if (found_a_chair) hair_cut.recv();
        outcomes.send(found_a_chair);
      });
    int happy = 0;
    int turned_away = 0;
    for (int i = 0; i < visitors; ++i) ++(outcomes.recv().value() ? happy : turned_away);
    chairs.close();

    const int cut = closing_time.recv().value();
    std::printf("%d visitors\n", happy + turned_away);
    std::puts(cut == happy ? "each haircut made somebody happy" : "somebody got lost");
    std::puts(happy >= 3 ? "the chairs were used" : "the chairs stood empty");
  });
}
