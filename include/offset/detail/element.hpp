/// \file
/// What a channel must know of its element type, erased.
///
/// A *quiet* type is one whose move into fresh storage, and the destruction of what was moved from,
/// run no code of the user's: it may be moved while a channel is locked. All other types are moved
/// outside every lock, at the price of a second lock operation on buffered channels.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <offset/config.hpp>

namespace offset::inline v0::detail {

/// Stands for the value of a chan<void>.
struct unit {};

template <class T>
using payload = std::conditional_t<std::is_void_v<T>, unit, T>;

template <class T>
inline constexpr bool quiet = std::is_trivially_copyable_v<T>;
template <class C, class Tr>
inline constexpr bool quiet<std::basic_string<C, Tr, std::allocator<C>>> = true;
template <class T>
inline constexpr bool quiet<std::unique_ptr<T>> = true;
template <class T>
inline constexpr bool quiet<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool quiet<std::weak_ptr<T>> = true;
template <class T>
inline constexpr bool quiet<std::vector<T, std::allocator<T>>> = true;
template <>
inline constexpr bool quiet<std::exception_ptr> = true;
template <class T>
  requires(!std::is_trivially_copyable_v<std::optional<T>>)
inline constexpr bool quiet<std::optional<T>> = quiet<T>;
template <class A, class B>
  requires(!std::is_trivially_copyable_v<std::pair<A, B>>)
inline constexpr bool quiet<std::pair<A, B>> = quiet<A> && quiet<B>;

struct element_ops {
  std::size_t size;
  std::size_t align;
  void (*move)(void* to, void* from) noexcept;  // constructs *to; null: memcpy of size bytes
  void (*destroy)(void*) noexcept;              // null: nothing to do
  bool is_quiet;
};

template <class T>
inline constexpr element_ops element_ops_of{
    sizeof(T), alignof(T),
    std::is_trivially_copyable_v<T>
        ? nullptr
        : +[](void* to, void* from) noexcept { ::new (to) T(std::move(*static_cast<T*>(from))); },
    std::is_trivially_destructible_v<T>
        ? nullptr
        : +[](void* at) noexcept { std::destroy_at(static_cast<T*>(at)); },
    quiet<T>};

template <>
inline constexpr element_ops element_ops_of<unit>{0, 1, nullptr, nullptr, true};

/// Raw storage for one T, for a value that may or may not arrive.
template <class T>
struct storage {
  alignas(T) std::byte bytes[sizeof(T)];
  T* get() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
  void* raw() noexcept { return bytes; }
};

}  // namespace offset::inline v0::detail
