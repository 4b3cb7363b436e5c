#include "base/asymmetric_fence.h"

#include <cerrno>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/futex.h"
#include "base/sanitizer.h"

namespace offset::inline v0::base {
namespace {

bool do_register() noexcept {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

}  // namespace

bool prepare_asymmetric_fence() noexcept {
  static const bool available = do_register();
  return available;
}

// errno is the thread's, whichever goroutine of its is here: nothing for ThreadSanitizer to
// compare.
OFFSET_NO_TSAN bool asymmetric_fence_heavy() noexcept {
  const int saved = errno;
  bool ok = false;
  if (prepare_asymmetric_fence()) {
    ok = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
    if (!ok && errno == EPERM && do_register())  // a child of fork
      ok = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
  }
  errno = saved;
  return ok;
}

void asymmetric_fence_heavy_or_wait() noexcept {
  if (asymmetric_fence_heavy()) return;
  const std::atomic<std::uint32_t> nobody_writes{0};
  const std::int64_t end = now_ns() + 10'000'000;
  while (futex_wait_until(nobody_writes, 0, end)) {
  }
}

}  // namespace offset::inline v0::base
