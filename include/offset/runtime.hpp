/// \file
/// Starting and ending: `run` for programs, `runtime` for embedding.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/deadline.hpp>
#include <offset/go.hpp>

namespace offset::inline v0 {

/// Values out of range are std::invalid_argument, naming the option or variable, before anything
/// starts.
struct options {
  unsigned maxprocs = 0;    ///< 0: $OFFSET_MAXPROCS, else $GOMAXPROCS, else the CPUs this process
                            ///< may use (affinity mask, cgroup quota). At most 1024
  unsigned io_threads = 0;  ///< ceiling of the I/O pool; 0: $OFFSET_IO_THREADS, else 512
  std::size_t stack_size = 0;  ///< bytes reserved, not touched, for each goroutine; 0:
                               ///< $OFFSET_STACK_SIZE, else 256 KiB. The main goroutine has 8 MiB
                               ///< unless a size is given
};

namespace detail {
OFFSET_API int run_main(const options& o, int (*main)(void*), void* arg);
}

/// Runs `main` as goroutine 1 and returns its int, or 0 for void, when it returns. Goroutines still
/// alive then never run again and their destructors do not run; what they waited on is left clean.
/// The calling thread waits meanwhile. An exception that leaves main leaves run.
///
/// Throws std::logic_error while another runtime is alive, std::invalid_argument for options or
/// environment values out of range, std::system_error when threads or memory are refused. May be
/// called again after it returned.
template <class F>
  requires std::is_invocable_v<F&>
int run(const options& o, F&& main) {
  if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
    std::decay_t<F> pointer = main;
    return run(o, pointer);
  } else {
    using function = std::remove_reference_t<F>;
    using result = std::invoke_result_t<F&>;
    static_assert(std::is_void_v<result> || std::is_convertible_v<result, int>,
                  "run: main returns int or void");
    return detail::run_main(
        o,
        [](void* p) -> int {
          function& f = *static_cast<function*>(p);
          if constexpr (std::is_void_v<result>) {
            std::invoke(f);
            return 0;
          } else {
            return static_cast<int>(std::invoke(f));
          }
        },
        const_cast<void*>(static_cast<const void*>(std::addressof(main))));
  }
}
template <class F>
  requires std::is_invocable_v<F&>
int run(F&& main) { return run(options{}, std::forward<F>(main)); }

/// A runtime beside the program's own threads. The deadlock report is silent under it: a thread of
/// the program may always wake somebody. Not movable; not from inside a goroutine.
class OFFSET_API runtime {
 public:
  runtime();
  explicit runtime(const options& o);
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  /// Abandons the goroutines that are left, as the end of `run` does.
  ~runtime();

  /// As offset::go.
  template <class... A>
  void go(A&&... args) {
    offset::go(std::forward<A>(args)...);
  }

  /// Waits until every goroutine has ended, at most `d`, then ends the runtime. True when all had
  /// ended in time; otherwise the stragglers are written to stderr, each with where it waits. Once.
  template <class Rep, class Period>
  bool shutdown(std::chrono::duration<Rep, Period> d) {
    return shutdown_until(detail::deadline_after(d));
  }

 private:
  bool shutdown_until(std::int64_t deadline_ns);
  bool alive_ = false;
};

}  // namespace offset::inline v0
