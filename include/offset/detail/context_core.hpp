/// \file
/// What a context is made of, seen from the headers: a counted node, and typed keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>

namespace offset::inline v0::detail {

struct context_node;

OFFSET_API void context_retain(context_node* n) noexcept;
OFFSET_API void context_release(context_node* n) noexcept;

/// One counted reference to a node; null is the nil context.
class context_ref {
 public:
  context_ref() noexcept = default;
  explicit context_ref(context_node* adopted) noexcept : node_(adopted) {}
  context_ref(const context_ref& o) noexcept : node_(o.node_) {
    if (node_ != nullptr) context_retain(node_);
  }
  context_ref(context_ref&& o) noexcept : node_(std::exchange(o.node_, nullptr)) {}
  context_ref& operator=(context_ref o) noexcept {
    std::swap(node_, o.node_);
    return *this;
  }
  ~context_ref() {
    if (node_ != nullptr) context_release(node_);
  }
  context_node* get() const noexcept { return node_; }

 private:
  context_node* node_ = nullptr;
};

/// A value that a context carries, whatever its type.
struct context_value_base {
  const void* key = nullptr;
  const char* key_name = nullptr;
  virtual ~context_value_base() = default;
  virtual const void* get() const noexcept = 0;
  /// For to_string; empty for what is no text.
  virtual std::optional<std::string> text() const = 0;
};
template <class T>
struct context_value final : context_value_base {
  explicit context_value(T&& v) : value(std::move(v)) {}
  explicit context_value(const T& v) : value(v) {}
  const void* get() const noexcept override { return std::addressof(value); }
  std::optional<std::string> text() const override {
    if constexpr (std::is_same_v<T, const char*> || std::is_same_v<T, char*>)
      return value != nullptr ? value : "<nil>";
    else if constexpr (std::is_convertible_v<const T&, std::string_view>)
      return std::string(std::string_view(value));
    else
      return std::nullopt;
  }
  T value;
};

/// A function that runs when a context is done.
struct context_task_base {
  virtual ~context_task_base() = default;
  virtual void run() = 0;
};
template <class F>
struct context_task final : context_task_base {
  explicit context_task(F&& g) : f(std::move(g)) {}
  explicit context_task(const F& g) : f(g) {}
  void run() override { std::move(f)(); }
  F f;
};

struct after_done;  // a registered task; counted
OFFSET_API void after_done_retain(after_done* a) noexcept;
OFFSET_API void after_done_release(after_done* a) noexcept;

}  // namespace offset::inline v0::detail
