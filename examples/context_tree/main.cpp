// Contexts form a tree: cancelling one cancels all that were derived from it, and nobody else.
// After the documentation of Go's package context.
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

void show(const char* name, const offset::context& ctx) {
  const std::string state = ctx.err() ? ctx.err().message() : "goes on";
  std::printf("%s: %s\n", name, state.c_str());
}

int main() {
  return offset::run([] {
    using offset::context;
    const auto [server, stop_server] = context::with_cancel(context::background());
    const auto [request, stop_request] = context::with_cancel(server);
    const auto [query, stop_query] = context::with_cancel(request);
    const auto [other, stop_other] = context::with_cancel(server);

    // A goroutine for each, which ends with its context.
    offset::sync::wait_group ended;
    for (const context& ctx : {server, request, query, other})
      ended.go([ctx] { ctx.done().recv(); });

    for (const char* what : {"nothing", "the request", "the server"}) {
      if (what == std::string("the request")) stop_request();
      if (what == std::string("the server")) stop_server();
      std::printf("-- %s is stopped\n", what);
      show("server", server);
      show("request", request);
      show("query", query);
      show("other", other);
    }
    ended.wait();
    std::puts("all have ended");
  });
}
