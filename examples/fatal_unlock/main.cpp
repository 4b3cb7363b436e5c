// Unlocking a mutex that nobody has locked is no panic but fatal: it cannot be caught, because
// whatever the mutex guards may be broken already.
// After the documentation of Go's sync.Mutex.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    offset::sync::mutex mutex;
    mutex.lock();
    mutex.unlock();
    std::puts("locked and unlocked");
    try {
      mutex.unlock();
    } catch (...) {
      std::puts("never printed");
    }
  });
}
