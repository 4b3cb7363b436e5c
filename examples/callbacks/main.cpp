// A library that calls back from a thread of its own, and two goroutines that write their calls to
// it as if they returned what they answer.
#include <cstdio>
#include <functional>
#include <offset/offset.hpp>
#include <stdexcept>
#include <string>
#include <thread>

// Somebody else's: it knows nothing of goroutines.
void look_up(const std::string& name, std::function<void(int, const char*)> callback) {
  std::thread([=] {
    if (name == "zero")
      callback(0, nullptr);
    else if (name == "forty-two")
      callback(42, nullptr);
    else
      callback(0, "no such number");
  }).detach();
}

int number(const std::string& name) {
  offset::completion<int> answer;
  look_up(name, [&](int value, const char* error) {
    if (error == nullptr)
      answer.set_value(value);
    else
      answer.set_exception(std::runtime_error(error));
  });
  return answer.get();
}

int main() {
  return offset::run([] {
    auto [a, b] = offset::gather(offset::spawn([] { return number("zero"); }),
                                 offset::spawn([] { return number("forty-two"); }));
    std::printf("zero is %d, forty-two is %d\n", a, b);
    try {
      number("many");
    } catch (const std::runtime_error& e) {
      std::printf("many: %s\n", e.what());
    }
  });
}
