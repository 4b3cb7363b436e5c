// A pipe in memory: nothing but channels.
//
// A write has its turn, offers what is left of its bytes on `data`, and hears on `taken` how many
// the reader copied; until then the bytes stay where they are, so the reader copies straight from
// the writer's memory. `taken` has room for one: a reader never waits to say it. Closing either end
// closes `done`, which every wait also looks at, after the error was stored.
#include "offset/io/pipe.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/spin_lock.h"
#include "offset/chan.hpp"
#include "offset/context.hpp"
#include "offset/select.hpp"
#include "offset/sync/once.hpp"

namespace offset::inline v0::io {

namespace {

using bytes = std::span<const std::byte>;

// The first error that is stored stays.
class first_error {
 public:
  void store(std::error_code e) noexcept {
    const std::scoped_lock held(lock_);
    if (!error_) error_ = e;
  }
  std::error_code load() noexcept {
    const std::scoped_lock held(lock_);
    return error_;
  }

 private:
  base::spin_lock lock_{base::rank::leaf};
  std::error_code error_;
};

}  // namespace

namespace detail_io {

struct pipe_state {
  const chan<void> turn = make_chan<void>(1);  // held by the write that is under way
  const chan<bytes> data = make_chan<bytes>();
  const chan<std::size_t> taken = make_chan<std::size_t>(1);
  const chan<void> done = make_chan<void>();
  sync::once closing;
  first_error reader_error;
  first_error writer_error;

  bool is_closed() const { return done.try_recv() == op_status::closed; }
  void close() {
    closing.call([this] { done.close(); });
  }
  // What an end is told: why the other was closed, unless it was closed itself.
  static std::error_code why(first_error& own, first_error& other) noexcept {
    const std::error_code mine = own.load();
    const std::error_code theirs = other.load();
    return !mine && theirs ? theirs : make_error_code(errc::closed_pipe);
  }
};

}  // namespace detail_io

namespace {

using detail_io::pipe_state;

// Each case of a select says by its index what ended the wait.
enum : std::size_t { goes_on, is_closed, is_canceled };

result read_from(pipe_state& p, std::span<std::byte> into, const context& ctx) {
  const auto closed = [&p] { return result{0, p.why(p.reader_error, p.writer_error)}; };
  if (const std::error_code canceled = ctx.err()) return {0, canceled};
  if (p.is_closed()) return closed();
  bytes from;
  switch (select(p.data.if_recv(from), p.done.if_recv(), ctx.if_done())) {
    case is_closed: return closed();
    case is_canceled: return {0, ctx.err()};
    default: break;
  }
  const std::size_t n = std::min(into.size(), from.size());
  if (n > 0) std::memcpy(into.data(), from.data(), n);
  p.taken.send(n);
  return {n, {}};
}

result write_to(pipe_state& p, bytes from, const context& ctx) {
  std::size_t n = 0;
  const auto closed = [&p, &n] { return result{n, p.why(p.writer_error, p.reader_error)}; };
  if (const std::error_code canceled = ctx.err()) return {0, canceled};
  if (p.is_closed()) return closed();
  if (p.turn.send(ctx) != op_status::ok) return {0, ctx.err()};
  struct turn_over {
    const chan<void>& turn;
    ~turn_over() { turn.recv(); }
  } const at_end{p.turn};
  do {
    switch (select(p.data.if_send(from), p.done.if_recv(), ctx.if_done())) {
      case is_closed: return closed();
      case is_canceled: return {n, ctx.err()};
      default: break;
    }
    std::size_t took = 0;
    p.taken.recv(took);
    n += took;
    from = from.subspan(took);
  } while (!from.empty());
  return {n, {}};
}

}  // namespace

result pipe_reader::read(std::span<std::byte> into) const {
  return read(context::background(), into);
}

result pipe_reader::read(const context& ctx, std::span<std::byte> into) const {
  if (state_ == nullptr) return {0, errc::closed_pipe};
  return read_from(*state_, into, ctx);
}

void pipe_reader::close_with_error(std::error_code why) const {
  if (state_ == nullptr) return;
  state_->reader_error.store(why ? why : make_error_code(errc::closed_pipe));
  state_->close();
}

result pipe_writer::write(std::span<const std::byte> from) const {
  return write(context::background(), from);
}

result pipe_writer::write(const context& ctx, std::span<const std::byte> from) const {
  if (state_ == nullptr) return {0, errc::closed_pipe};
  return write_to(*state_, from, ctx);
}

void pipe_writer::close_with_error(std::error_code why) const {
  if (state_ == nullptr) return;
  state_->writer_error.store(why ? why : make_error_code(errc::eof));
  state_->close();
}

pipe_ends pipe() {
  pipe_ends ends;
  ends.reader.state_ = std::make_shared<detail_io::pipe_state>();
  ends.writer.state_ = ends.reader.state_;
  return ends;
}

}  // namespace offset::inline v0::io
