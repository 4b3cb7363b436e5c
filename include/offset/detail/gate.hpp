/// \file
/// A gate: closed, then open for ever. What tasks and completions are waited for with.
#pragma once

#include <cstdint>

#include <offset/config.hpp>
#include <offset/detail/wait_room.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::detail {

/// What a dump says of those who wait.
enum class gate_kind : std::uint8_t { task, completion };

/// Every look is taken under the lock, and whoever opens touches nothing of the gate once it has
/// released that: who was told that it is open may destroy it. What was done before `open` happens
/// before a wait that it ends. From goroutines and plain threads.
class gate {
 public:
  constexpr explicit gate(gate_kind k) noexcept : kind_(k) {}
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  /// Once. Never waits.
  OFFSET_API void open() noexcept;
  OFFSET_API bool is_open() const noexcept;
  OFFSET_API void wait() const;
  /// ok, or canceled, also when the context was done at the start.
  OFFSET_API op_status wait(const context& ctx) const;
  /// For destructors: also on a goroutine that may not wait any more.
  OFFSET_API void wait_at_end() const noexcept;

 private:
  mutable wait_room room_;
  bool open_ = false;
  const gate_kind kind_;
};

}  // namespace offset::inline v0::detail
