/// \file
/// testing::bubble: a deterministic world with its own clock. Go's testing/synctest, with a
/// schedule that a seed decides.
///
/// A bubble is a function and the goroutines that it starts, carried by one thread. Which of them
/// runs next is chosen at every scheduling point (an operation on a channel, a select, a `go`, a
/// lock, an unlock, a wait, a yield), and so is the case of a select; both follow from the seed:
/// the same seed gives the same interleaving.
///
/// Time stands still while any goroutine can run. When all of them wait, it jumps to the next
/// timer: sleeps, timers, tickers, time-outs and deadlines take no real time, and fire at exact
/// instants. The clock is offset::time::now(); it begins at the same instant in every bubble,
/// 946,684,800 s after its epoch (2000-01-01 UTC, were that the epoch of Unix time).
/// std::chrono::steady_clock goes on measuring real time.
///
/// Where it differs from Go: waiting for a sync::mutex counts as waiting, so time may pass while
/// one is held. Sync objects that are static, or were made outside the bubble, work in it, but
/// using one that nobody contends is no scheduling point. A goroutine that spins without waiting
/// keeps time from moving. `blocking` runs its call on a real thread meanwhile: the bubble waits
/// for it in real time, and two such calls may come back in either order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/error.hpp>

namespace offset::inline v0::testing {

/// How a seed becomes a schedule.
enum class strategy : std::uint8_t {
  by_seed,      ///< even seeds walk at random, odd ones use priorities
  random_walk,  ///< at each point one of the goroutines that can run, all alike
  priorities,   ///< PCT (Burckhardt et al. 2010): the one with the highest priority, which is drawn
                ///< at random and lowered at `depth` - 1 random points
};

struct options {
  std::uint64_t seed = 0;  ///< 0: $OFFSET_SEED, else 1
  strategy how = strategy::by_seed;
  unsigned depth = 3;          ///< of the bug looked for: how many orderings it takes. At least 1
  std::size_t stack_size = 0;  ///< as of offset::options
  std::string rerun_with =
      {};  ///< arguments for the line that runs it again; default: this process's
};

/// A bubble in which goroutines are left that can never run again. what() has Go's message, then
/// each of them with what it waits for and its stack.
class OFFSET_API bubble_error : public panic_error {
 public:
  bubble_error(const std::string& what, std::uint64_t seed) : panic_error(what), seed_(seed) {}
  bubble_error(const bubble_error&) = default;
  bubble_error& operator=(const bubble_error&) = default;
  ~bubble_error() override;
  std::uint64_t seed() const noexcept { return seed_; }

 private:
  std::uint64_t seed_;
};

namespace detail_testing {
OFFSET_API void run(const options& o, void (*f)(void*), void* arg);
/// "offset: testing: seed N; to run it again: OFFSET_SEED=N PROGRAM ARGUMENTS\n".
OFFSET_API std::string rerun_line(const options& o, std::uint64_t seed);
OFFSET_API void report(const std::string& line) noexcept;
}  // namespace detail_testing

/// Runs `f` as goroutine 1 of a new bubble, and returns when `f` and all goroutines started in it
/// have ended. Once `f` has returned time stands still. The calling thread waits meanwhile.
///
/// Throws what leaves `f`; bubble_error when all goroutines wait and no timer is set ("deadlock:
/// all goroutines in bubble are blocked") and when some are left that wait after `f` has returned
/// ("deadlock: main bubble goroutine has exited but blocked goroutines remain"); each time the seed
/// and the line that runs it again are written to stderr. Throws std::logic_error while a runtime
/// or another bubble is alive, also from inside one.
///
/// What goroutines refer to of `f`'s must outlive them, as everywhere: `f` waits for those that use
/// its variables. A channel or timer made in the bubble may not be used from outside it, nor may
/// its goroutines wait for a channel from outside: panic_error. Plain threads cannot start
/// goroutines in it.
template <class F>
  requires std::is_invocable_v<F&>
void bubble(const options& o, F&& f) {
  if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
    std::decay_t<F> pointer = f;
    bubble(o, pointer);
  } else {
    using function = std::remove_reference_t<F>;
    detail_testing::run(
        o, [](void* p) { static_cast<void>(std::invoke(*static_cast<function*>(p))); },
        const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }
}
template <class F>
  requires std::is_invocable_v<F&>
void bubble(F&& f) { bubble(options{}, std::forward<F>(f)); }

/// Waits until every other goroutine of the bubble waits for another one or for time to pass; time
/// does not pass before it returns. What they did before is seen by the caller. One at a time: a
/// second caller panics, "wait already in progress"; outside a bubble: "goroutine is not in a
/// bubble". Go: synctest.Wait.
OFFSET_API void wait_idle();

/// The seed of the caller's bubble; 0 outside.
OFFSET_API std::uint64_t seed() noexcept;

}  // namespace offset::inline v0::testing
