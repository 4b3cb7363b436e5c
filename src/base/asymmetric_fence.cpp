#include "base/asymmetric_fence.h"

#include <cerrno>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace offset::inline v0::base {
namespace {

bool register_once() noexcept {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

}  // namespace

bool asymmetric_fence_heavy() noexcept {
  const int saved = errno;
  // A child of fork shares no registration: asking again is cheap beside the barrier itself.
  static const bool available = register_once();
  bool ok = false;
  if (available) {
    ok = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
    if (!ok && errno == EPERM && register_once())
      ok = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
  }
  errno = saved;
  return ok;
}

}  // namespace offset::inline v0::base
