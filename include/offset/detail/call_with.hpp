/// \file
/// Functions that may take the context of what they run in, or nothing.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/spawn.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::detail {

template <class F>
inline constexpr bool takes_context = std::is_invocable_v<F, const context&>;

template <class F>
struct call_result {
  static_assert(takes_context<F> || std::is_invocable_v<F>,
                "the function is called with a const context&, or with nothing");
  using type = typename std::conditional_t<takes_context<F>, std::invoke_result<F, const context&>,
                                           std::invoke_result<F>>::type;
};
template <class F>
using call_result_t = typename call_result<F>::type;

template <class F>
call_result_t<F> call_with(F&& f, const context& ctx) {
  if constexpr (takes_context<F>)
    return std::invoke(std::forward<F>(f), ctx);
  else
    return std::invoke(std::forward<F>(f));
}

/// A function that is called once and, however it ends, gone after that: what it holds is let go of
/// before anybody is told that it has ended.
template <class F>
class once_called {
 public:
  template <class G>
  explicit once_called(std::in_place_t tag, G&& f) : f_(tag, std::forward<G>(f)) {}
  call_result_t<F> operator()(const context& ctx) {
    struct at_end {
      std::optional<F>& f;
      ~at_end() { f.reset(); }
    } const guard{f_};
    return call_with(*std::move(f_), ctx);
  }

 private:
  std::optional<F> f_;
};

}  // namespace offset::inline v0::detail
