// A history of operations on one channel, and whether it is linearizable: whether each operation
// can be given one instant between its beginning and its end, so that in the order of these
// instants they are right for a bounded queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <offset/offset.hpp>

namespace model {

/// What became of one operation.
struct operation {
  enum kind : std::uint8_t { send, recv, close } what;
  int value;                 // from 1 up to 255
  offset::op_status status;  // of a close: `closed` when it was closed before
  int began = 0;
  int ended = 0;
};

class history {
 public:
  /// Runs `f(operation&)`, which fills in the status and, for a receive, the value.
  template <class F>
  void record(operation::kind what, int value, F f) {
    operation o{what, value, offset::op_status::ok, ++clock_, 0};
    f(o);
    o.ended = ++clock_;
    all_.push_back(o);
  }

  const std::vector<operation>& all() const { return all_; }

  /// At most 32 operations; `capacity` from 1 up to 6.
  bool is_linearizable(int capacity) const {
    std::set<std::pair<std::uint32_t, std::uint64_t>> dead_ends;
    return place(0, queue{}, capacity, dead_ends);
  }

  std::string text() const {
    static constexpr const char* kinds[] = {"send", "recv", "close"};
    static constexpr const char* ends[] = {"ok", "would_block", "closed", "timeout", "canceled"};
    std::ostringstream out;
    for (const operation& o : all_)
      out << '[' << o.began << ' ' << o.ended << "] " << kinds[o.what] << ' ' << o.value << ": "
          << ends[static_cast<int>(o.status)] << '\n';
    return out.str();
  }

 private:
  struct queue {
    std::uint64_t values = 0;  // a byte each, the oldest lowest
    int size = 0;
    bool closed = false;
  };

  // Whether it may happen in this state; the state after it.
  static bool apply(const operation& o, queue& q, int capacity) {
    using offset::op_status;
    switch (o.what) {
      case operation::send:
        if (o.status == op_status::closed) return q.closed;
        if (q.closed) return false;
        if (o.status != op_status::ok) return q.size == capacity;
        if (q.size == capacity) return false;
        q.values |= static_cast<std::uint64_t>(o.value) << (8 * q.size++);
        return true;
      case operation::recv:
        if (o.status == op_status::closed) return q.closed && q.size == 0;
        if (o.status != op_status::ok) return !q.closed && q.size == 0;
        if (q.size == 0 || static_cast<int>(q.values & 0xFF) != o.value) return false;
        q.values >>= 8;
        --q.size;
        return true;
      case operation::close:
        if (q.closed == (o.status == op_status::ok)) return false;
        q.closed = true;
        return true;
    }
    return false;
  }

  bool place(std::uint32_t placed, const queue& q, int capacity,
             std::set<std::pair<std::uint32_t, std::uint64_t>>& dead_ends) const {
    const std::size_t n = all_.size();
    int first_end = clock_ + 1;
    for (std::size_t i = 0; i < n; ++i)
      if ((placed >> i & 1U) == 0 && all_[i].ended < first_end) first_end = all_[i].ended;
    if (first_end > clock_) return true;  // all of them
    const std::uint64_t state = q.values | static_cast<std::uint64_t>(q.size) << 56 |
                                static_cast<std::uint64_t>(q.closed) << 63;
    if (dead_ends.count({placed, state}) != 0) return false;
    for (std::size_t i = 0; i < n; ++i) {
      if ((placed >> i & 1U) != 0 || all_[i].began > first_end) continue;
      queue next = q;
      if (apply(all_[i], next, capacity) &&
          place(placed | std::uint32_t{1} << i, next, capacity, dead_ends))
        return true;
    }
    dead_ends.insert({placed, state});
    return false;
  }

  std::vector<operation> all_;
  int clock_ = 0;
};

}  // namespace model
