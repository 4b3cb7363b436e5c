// A chat for two: who comes finds a partner, or waits for one. Each is offered on a channel and
// looks for another on the same channel; a select decides which of the two it is. What one says
// goes straight to the other, over pipes in memory in place of a network.
// After the talk "Go: code that grows with grace" of Andrew Gerrand.
#include <cstdio>
#include <offset/offset.hpp>
#include <span>
#include <string>

namespace io = offset::io;

/// Both directions of a connection, as one end sees them.
struct connection {
  io::pipe_reader in;
  io::pipe_writer out;

  std::string line() const {
    std::string text;
    for (char c = 0; in.read(std::span(&c, 1)).n == 1 && c != '\n';) text += c;
    return text;
  }
  void say(const std::string& text) const { out.write(text + "\n"); }
};

void chat(const connection& a, const connection& b) {
  offset::go([=] { b.say("you are connected"); });
  a.say("you are connected");
  auto ended = offset::make_chan<void>(2);
  offset::go([=] {
    io::copy(a.out, b.in);
    ended.send();
  });
  offset::go([=] {
    io::copy(b.out, a.in);
    ended.send();
  });
  ended.recv();  // one of them has left
  a.out.close();
  b.out.close();
}

void match(const offset::chan<connection>& partner, const connection& c) {
  c.say("waiting for a partner");
  connection other;
  switch (offset::select(partner.if_send(c), partner.if_recv(other))) {
    case 0: break;  // somebody else looks after both
    case 1: chat(other, c); break;
  }
}

connection dial(const offset::chan<connection>& partner) {
  const auto up = io::pipe();
  const auto down = io::pipe();
  offset::go(match, partner, connection{up.reader, down.writer});
  return {down.reader, up.writer};
}

int main() {
  return offset::run([] {
    const auto partner = offset::make_chan<connection>();
    const connection ann = dial(partner);
    std::printf("ann: %s\n", ann.line().c_str());
    const connection bob = dial(partner);
    std::printf("bob: %s\n", bob.line().c_str());
    std::printf("ann: %s\n", ann.line().c_str());
    std::printf("bob: %s\n", bob.line().c_str());

    ann.say("hello, who is there?");
    std::printf("bob reads: %s\n", bob.line().c_str());
    bob.say("it is bob");
    std::printf("ann reads: %s\n", ann.line().c_str());
    bob.out.close();
    std::printf("ann reads: \"%s\", bob has left\n", ann.line().c_str());
  });
}
