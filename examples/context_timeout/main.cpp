// One time limit for a whole piece of work, however many steps it has. What is begun when the time
// is over does not even start.
// After the example of WithTimeout in the documentation of Go's package context.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

void step(const char* name, const offset::context& ctx, std::chrono::nanoseconds how_long) {
  if (offset::time::sleep(ctx, how_long) == offset::op_status::ok)
    std::printf("%s: done\n", name);
  else
    std::printf("%s: %s\n", name, ctx.err().message().c_str());
}

int main() {
  return offset::run([] {
    const auto [ctx, cancel] = offset::context::with_timeout(offset::context::background(), 150ms);
    step("a short step", ctx, 20ms);
    step("a long step", ctx, 1h);
    step("one more step", ctx, 1h);
    cancel();  // too late to change anything
    std::printf("%s\n", ctx.err().message().c_str());
  });
}
