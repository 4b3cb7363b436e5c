/// \file
/// The part of a channel that does not depend on its element type, and the calls that wait.
///
/// Invariants, under the lock:
/// - `receivers` is not empty only while no value could be taken, `senders` only while none could
/// be
///   put, waiters that were claimed elsewhere (stale selects) aside.
/// - values leave in the order in which their senders took their place.
/// - nothing is sent after `closed`; waiters that close found were taken out by it.
/// Quiet elements lie in the ring itself. For the others (element.hpp) the ring holds the numbers
/// of slots, so that an element is moved in and out of its slot with the channel unlocked: see
/// src/chan/loud_ring.h.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/chan_word.hpp>
#include <offset/detail/element.hpp>
#include <offset/detail/waiter.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::detail {

struct loud_ring;

/// Called when the last handle of a channel is gone, before its values are destroyed: what feeds
/// the channel (a timer) lets go of it, and frees the memory that the core lies in.
using core_disposer = void (*)(chan_core*) noexcept;

struct chan_core {
  // First line: everything the uncontended paths touch.
  chan_word word;
  std::atomic<std::size_t> count{0};  // written under the lock, read anywhere (len)
  std::size_t capacity;
  std::size_t receive_at = 0;  // index into the ring
  std::size_t send_at = 0;
  std::byte* ring;  // quiet elements; otherwise null
  std::atomic<std::size_t> handles{1};
  // Second line: the wait path.
  wait_queue receivers;
  wait_queue senders;
  const element_ops* ops;
  loud_ring* loud = nullptr;
  core_disposer dispose;
  bool hides_buffer = false;  // a timer's channel: len and cap read 0
  bool plain = false;         // quiet elements, outside every bubble: the short ways are for it
  std::uint32_t bubble = 0;   // the number of the testing bubble that it was made in; 0: none

  chan_core(const element_ops& o, std::size_t cap, std::byte* r, core_disposer d) noexcept
      : word(cap > 0 ? chan_word::sendable : 0), capacity(cap), ring(r), ops(&o), dispose(d) {}
};

/// Deadlines are nanoseconds on the steady clock.
inline constexpr std::int64_t poll = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

/// Throws panic_error "makechan: size out of range".
[[noreturn]] OFFSET_API void throw_makechan();
[[noreturn]] OFFSET_API void throw_closed_channel();

OFFSET_API chan_core* chan_make(const element_ops& ops, std::uint64_t capacity);
OFFSET_API void chan_dispose(chan_core* core) noexcept;

/// `value` is moved from only when the answer is ok. Answers ok, closed, or (only with a deadline)
/// would_block for `poll` and timeout otherwise. A null core never becomes ready.
OFFSET_API op_status chan_send(chan_core* core, void* value, std::int64_t deadline);
OFFSET_API op_status chan_send(chan_core* core, void* value);  // for ever
/// Constructs an element in `out` only when the answer is ok.
OFFSET_API op_status chan_recv(chan_core* core, void* out, std::int64_t deadline);
OFFSET_API op_status chan_recv(chan_core* core, void* out);  // for ever
/// The same until the context is done: then canceled, also when it was at the start.
OFFSET_API op_status chan_send(chan_core* core, void* value, const context& ctx);
OFFSET_API op_status chan_recv(chan_core* core, void* out, const context& ctx);
OFFSET_API void chan_close(chan_core* core);

/// The inline paths: true when the operation was done. They cover an unlocked, open, buffered
/// channel of quiet elements with nobody queued: one locked instruction.
template <class T>
inline bool chan_send_inline(chan_core* core, T& value) noexcept {
  if constexpr (quiet<T>) {
    constexpr auto look =
        chan_word::locked | chan_word::closed | chan_word::waited | chan_word::sendable;
    if (core == nullptr) [[unlikely]]
      return false;
    const auto seen = core->word.own();
    if ((seen & look) != chan_word::sendable || !core->word.try_lock(seen)) return false;
    if constexpr (!std::is_same_v<T, unit>) {
      const std::size_t at = core->send_at;
      ::new (static_cast<void*>(core->ring + at * sizeof(T))) T(std::move(value));
      core->send_at = at + 1 == core->capacity ? 0 : at + 1;
    }
    const std::size_t count = core->count.load(std::memory_order_relaxed) + 1;
    core->count.store(count, std::memory_order_relaxed);
    core->word.unlock(seen, count < core->capacity ? chan_word::sendable | chan_word::receivable
                                                   : chan_word::receivable);
    return true;
  } else {
    return false;
  }
}

template <class T>
inline bool chan_recv_inline(chan_core* core, void* out) noexcept {
  if constexpr (quiet<T>) {
    constexpr auto look =
        chan_word::locked | chan_word::closed | chan_word::waited | chan_word::receivable;
    if (core == nullptr) [[unlikely]]
      return false;
    const auto seen = core->word.own();
    if ((seen & look) != chan_word::receivable || !core->word.try_lock(seen)) return false;
    if constexpr (!std::is_same_v<T, unit>) {
      const std::size_t at = core->receive_at;
      T* from = std::launder(reinterpret_cast<T*>(core->ring + at * sizeof(T)));
      ::new (out) T(std::move(*from));
      std::destroy_at(from);
      core->receive_at = at + 1 == core->capacity ? 0 : at + 1;
    }
    const std::size_t count = core->count.load(std::memory_order_relaxed) - 1;
    core->count.store(count, std::memory_order_relaxed);
    core->word.unlock(seen, count > 0 ? chan_word::sendable | chan_word::receivable
                                      : chan_word::sendable);
    return true;
  } else {
    return false;
  }
}

/// True when a try would not find anything: decided on one load, no lock.
inline bool chan_surely_empty(const chan_core* core) noexcept {
  return core == nullptr || (core->word.load() & (chan_word::locked | chan_word::receivable)) == 0;
}
inline bool chan_surely_full(const chan_core* core) noexcept {
  return core == nullptr || (core->word.load() & (chan_word::locked | chan_word::sendable)) == 0;
}

/// One counted reference to a core; null is the nil channel.
class core_handle {
 public:
  core_handle() noexcept = default;
  explicit core_handle(chan_core* adopted) noexcept : core_(adopted) {}
  core_handle(const core_handle& o) noexcept : core_(o.core_) {
    // Relaxed: the reference copied keeps the core alive meanwhile.
    if (core_ != nullptr) core_->handles.fetch_add(1, std::memory_order_relaxed);
  }
  core_handle(core_handle&& o) noexcept : core_(std::exchange(o.core_, nullptr)) {}
  core_handle& operator=(core_handle o) noexcept {
    std::swap(core_, o.core_);
    return *this;
  }
  ~core_handle() {
    // Acquire-release: the last one sees everything that the others did.
    if (core_ != nullptr && core_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1)
      core_->dispose(core_);
  }
  chan_core* get() const noexcept { return core_; }
  /// Gives the reference up without dropping it.
  chan_core* release() noexcept { return std::exchange(core_, nullptr); }

 private:
  chan_core* core_ = nullptr;
};

}  // namespace offset::inline v0::detail
