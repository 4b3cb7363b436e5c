#include "base/sanitizer.h"

#ifdef OFFSET_INTERNAL_TSAN
#include <link.h>

namespace offset::inline v0::base {

void tsan_share_thread_locals() noexcept {
  // Every module's block of the calling thread's, as far as it has been allocated.
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void*) {
        if (info->dlpi_tls_data == nullptr) return 0;
        for (int i = 0; i < info->dlpi_phnum; ++i)
          if (info->dlpi_phdr[i].p_type == PT_TLS)
            AnnotateBenignRaceSized(__FILE__, __LINE__, info->dlpi_tls_data,
                                    info->dlpi_phdr[i].p_memsz, "thread_local");
        return 0;
      },
      nullptr);
}

}  // namespace offset::inline v0::base
#endif
