// Tries to receive and to send without waiting: a select with a default, or the short try_ forms.
// After "Non-Blocking Channel Operations" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

void look(offset::recv_chan<std::string> messages) {
  std::string message;
  switch (offset::select(messages.if_recv(message), offset::otherwise)) {
    case 0: std::printf("received \"%s\"\n", message.c_str()); break;
    case 1: std::puts("nothing to receive"); break;
  }
}

void offer(offset::send_chan<std::string> messages, std::string message) {
  if (messages.try_send(message) == offset::op_status::ok)
    std::printf("sent \"%s\"\n", message.c_str());
  else
    std::puts("nobody takes it");
}

int main() {
  return offset::run([] {
    auto unbuffered = offset::make_chan<std::string>();
    look(unbuffered);
    offer(unbuffered, "hi");

    auto buffered = offset::make_chan<std::string>(1);
    look(buffered);
    offer(buffered, "hello");
    offer(buffered, "hello again");
    look(buffered);
    look(buffered);

    offset::chan<std::string> none;  // is never ready
    look(none);
    offer(none, "anybody there?");
  });
}
