/// \file
/// Signals as values on channels: notify, stop, ignore, reset. Go's os/signal.
///
/// A signal that nobody asked for does what it does without the library: SIGINT and SIGTERM end the
/// program, by the signal. From notify until stop or reset it is sent to the channels instead. The
/// calls may be made from goroutines and plain threads, at the same time, with a runtime or
/// without.
///
/// Faults (SIGSEGV, SIGBUS, SIGFPE, SIGILL) and what cannot be caught (SIGKILL, SIGSTOP) are left
/// alone: all calls pass over them, and over numbers that are no signals.
///
/// The library's threads, which carry the goroutines, block signals that are sent to the process,
/// so that the program's own threads get them. std::raise in a goroutine would signal such a
/// thread: use kill(getpid(), …). A std::thread or a process that a goroutine starts inherits what
/// it blocks, and must unblock it itself. SIGPIPE keeps its default: writing to a pipe or socket
/// that nobody reads ends the program, in a goroutine too. After ignore(SIGPIPE) or notify of it,
/// the write fails with EPIPE.
#pragma once

#include <concepts>
#include <csignal>
#include <iosfwd>
#include <span>
#include <string>

#include <offset/chan.hpp>
#include <offset/config.hpp>

namespace offset::inline v0::os {

/// A signal's number: SIGINT and its like convert to it, and it fits a switch over them.
class signal {
 public:
  constexpr signal() noexcept = default;
  constexpr signal(int number) noexcept : number_(number) {}
  constexpr operator int() const noexcept { return number_; }

 private:
  int number_ = 0;
};

/// Ctrl-C. Go: os.Interrupt.
inline constexpr signal interrupt{SIGINT};

/// "interrupt", "terminated", "hangup": Go's names; "signal 35" for one without.
OFFSET_API std::string to_string(signal s);
/// Prints to_string(s).
OFFSET_API std::ostream& operator<<(std::ostream& to, signal s);

/// From now on, each signal of `which` that comes is sent to `c`; an empty list means all signals.
/// Calling it again for the same channel adds to its signals; each channel gets its own copy.
///
/// Nothing waits for the channel: what finds no receiver waiting and no room in it is dropped. Give
/// it room for one, or for more when there are several signals.
///
/// The first call starts a thread of the library, and the deadlock report is silent from then on.
/// Throws panic_error "os/signal: Notify using nil channel"; std::system_error when there is no
/// thread. Go: signal.Notify.
OFFSET_API void notify(const send_chan<signal>& c, std::span<const signal> which);

/// No signal reaches `c` any more once it returned, and those of its signals that no other channel
/// wants do again what they did before notify. One that comes meanwhile does either. Waits for what
/// is being delivered. Go: signal.Stop.
OFFSET_API void stop(const send_chan<signal>& c);

/// As stop, for these signals (an empty list: all) and every channel. Go: signal.Reset.
OFFSET_API void reset(std::span<const signal> which);

/// As reset, and from now on they do nothing, until notify. Go: signal.Ignore.
OFFSET_API void ignore(std::span<const signal> which);

/// It does nothing: ignore was called for it, or the program was started so, as by nohup. Go:
/// signal.Ignored.
OFFSET_API bool ignored(signal s) noexcept;

/// The same with the signals one by one: notify(c, SIGINT, SIGTERM); none: all.
template <std::convertible_to<signal>... S>
void notify(const send_chan<signal>& c, S... which) {
  const signal list[sizeof...(S) + 1] = {signal(which)...};
  notify(c, std::span<const signal>(list, sizeof...(S)));
}
template <std::convertible_to<signal>... S>
void reset(S... which) {
  const signal list[sizeof...(S) + 1] = {signal(which)...};
  reset(std::span<const signal>(list, sizeof...(S)));
}
template <std::convertible_to<signal>... S>
void ignore(S... which) {
  const signal list[sizeof...(S) + 1] = {signal(which)...};
  ignore(std::span<const signal>(list, sizeof...(S)));
}

}  // namespace offset::inline v0::os
