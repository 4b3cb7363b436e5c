// A context carries what belongs to a request, such as the user's name, down through functions that
// do not care. The key is an object with a type, so nobody else's value can be taken for it.
// After the example of WithValue in the documentation of Go's package context.
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

const offset::context_key<std::string> user("user");
const offset::context_key<int> trace("trace");

void log(const offset::context& ctx, const char* text) {
  const std::string* name = ctx.value(user);
  const int* number = ctx.value(trace);
  std::printf("[%s %d] %s\n", name ? name->c_str() : "nobody", number ? *number : 0, text);
}

void handle(const offset::context& ctx) {
  log(ctx, "hello");
  const auto again = offset::context::with_value(ctx, user, "root");  // hides the outer one
  log(again, "hello again");
  log(ctx, "bye");
}

int main() {
  return offset::run([] {
    const auto background = offset::context::background();
    log(background, "nothing is known");
    const auto request = offset::context::with_value(background, trace, 7);
    log(request, "a request comes in");
    auto done = offset::make_chan<void>();
    offset::go([=] {
      handle(offset::context::with_value(request, user, "ann"));
      done.send();
    });
    done.recv();
  });
}
