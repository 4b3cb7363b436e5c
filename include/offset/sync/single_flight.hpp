/// \file
/// sync::single_flight: one call in place of many equal ones. golang.org/x/sync/singleflight.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <offset/chan.hpp>
#include <offset/config.hpp>
#include <offset/error.hpp>
#include <offset/go.hpp>
#include <offset/sync/mutex.hpp>
#include <offset/sync/wait_group.hpp>

namespace offset::inline v0::sync {

namespace detail_flight {
/// Whether this is what goexit throws.
OFFSET_API bool is_goexit(const std::exception_ptr& error) noexcept;
/// The panic of an exception that somebody may catch all the same; returns only when a panic
/// handler is set.
OFFSET_API void panic(const std::exception_ptr& error) noexcept;
/// Ends the goroutine; elsewhere throws panic_error "runtime.Goexit was called".
[[noreturn]] OFFSET_API void goexit_too();
}  // namespace detail_flight

/// While a function runs for a key, whoever comes with the same key waits for its result in place
/// of running its own. Nothing is kept once it is there. From goroutines and plain threads.
///
/// The hash and the equality of keys run under a lock that a goroutine may wait for; they must not
/// use this object.
template <class K, class V, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class single_flight {
 public:
  struct result {
    V value;
    bool shared;  ///< others were given it too
  };

  single_flight() : calls_(std::make_shared<table>()) {}
  single_flight(const single_flight&) = delete;
  single_flight& operator=(const single_flight&) = delete;

  /// The result of `f()`, or of the call that is under way for `key`. An exception of it is thrown
  /// to all that share it (one object: they should not change it), and goexit in it ends all their
  /// goroutines, as in Go; a plain thread among them is thrown panic_error "runtime.Goexit was
  /// called". `f` calling run for its own key deadlocks. Go: Do.
  template <class F>
    requires(std::is_invocable_r_v<V, F>)
  result run(const K& key, F&& f) {
    std::unique_lock hold(calls_->lock);
    const call_ptr c = find(key);
    if (c == nullptr) return lead_here(hold, key, std::forward<F>(f));
    ++c->joined;
    hold.unlock();
    c->done.wait();
    return result_of(*c);
  }
  /// The same, waiting for another's call until `ctx` is done at most; nullopt then (also when it
  /// was done at the start). `f` is not stopped by it.
  template <class F>
    requires(std::is_invocable_r_v<V, F>)
  std::optional<result> run(const context& ctx, const K& key, F&& f) {
    if (calls_->lock.lock(ctx) != op_status::ok) return std::nullopt;
    std::unique_lock hold(calls_->lock, std::adopt_lock);
    const call_ptr c = find(key);
    if (c == nullptr) return lead_here(hold, key, std::forward<F>(f));
    ++c->joined;
    hold.unlock();
    if (c->done.wait(ctx) != op_status::ok) return std::nullopt;
    return result_of(*c);
  }

  /// A channel that gives the result once; `f` runs in a goroutine of its own if no call is under
  /// way. An exception of the call is a panic, also when it is run's. When it ends by goexit the
  /// channel is closed. This object may be destroyed meanwhile. Throws as `go` does. Go: DoChan.
  template <class F>
    requires(std::is_invocable_r_v<V, std::decay_t<F>>)
  recv_chan<result> run_chan(const K& key, F&& f) {
    auto to = make_chan<result>(1);
    auto work = std::make_unique<std::decay_t<F>>(std::forward<F>(f));
    const std::lock_guard hold(calls_->lock);
    if (const call_ptr under_way = find(key)) {
      under_way->to.push_back(to);
      ++under_way->joined;
      return to;
    }
    const call_ptr c = std::make_shared<call>();
    c->to.push_back(to);
    const auto entry = calls_->of.emplace(key, c).first;
    try {
      // Under the lock: nobody has joined if this fails.
      offset::go(
          [calls = calls_, k = key, c, w = std::move(work)] { lead(*calls, k, c, std::move(*w)); });
    } catch (...) {
      calls_->of.erase(entry);
      throw;
    }
    return to;
  }

  /// Who comes from now on does not join the call under way, but begins another. Go: Forget.
  void forget(const K& key) {
    const std::lock_guard hold(calls_->lock);
    calls_->of.erase(key);
  }

 private:
  struct call {
    call() { done.add(1); }
    // Under the lock, until the call is out of the table.
    std::size_t joined = 0;
    std::vector<chan<result>> to;
    // Written by the leader before `done`.
    std::optional<V> value;
    std::exception_ptr error;
    bool ended = false;  // by goexit
    wait_group done;
  };
  using call_ptr = std::shared_ptr<call>;
  struct table {
    mutex lock;
    std::unordered_map<K, call_ptr, Hash, Equal> of;
  };

  // Under the lock.
  call_ptr find(const K& key) const {
    const auto found = calls_->of.find(key);
    return found != calls_->of.end() ? found->second : nullptr;
  }

  // Of a call that is over, for one that joined it.
  static result result_of(const call& c) {
    if (c.ended) detail_flight::goexit_too();
    if (c.error) std::rethrow_exception(c.error);
    return {*c.value, true};
  }

  template <class F>
  result lead_here(std::unique_lock<mutex>& hold, const K& key, F&& f) {
    const call_ptr c = std::make_shared<call>();
    calls_->of.emplace(key, c);
    hold.unlock();
    lead(*calls_, key, c, std::forward<F>(f));
    if (c->joined != 0) return {*c->value, true};
    return {std::move(*c->value), false};
  }

  template <class F>
  static void lead(table& calls, const K& key, const call_ptr& c, F&& f) {
    // A goroutine that goexit unwinds may wait for a lock in a destructor only.
    struct finisher {
      table& calls;
      const K& key;
      const call_ptr& c;
      bool finished = false;
      ~finisher() {
        if (!finished) finish(calls, key, c);
      }
    } at_end{calls, key, c};
    try {
      c->value.emplace(std::invoke(std::forward<F>(f)));
    } catch (...) {
      c->error = std::current_exception();
      c->ended = detail_flight::is_goexit(c->error);
      throw;
    }
    finish(calls, key, c);
    at_end.finished = true;
  }

  static void finish(table& calls, const K& key, const call_ptr& c) {
    {
      const std::lock_guard hold(calls.lock);
      const auto found = calls.of.find(key);  // it may be forgotten, and another begun
      if (found != calls.of.end() && found->second == c) calls.of.erase(found);
    }
    // Nobody joins any more.
    if (c->error && !c->ended && !c->to.empty()) detail_flight::panic(c->error);
    for (const chan<result>& to : std::exchange(c->to, {})) send(*c, to);
    c->done.done();
  }

  // There is room: it does not wait.
  static void send(const call& c, const chan<result>& to) noexcept {
    try {
      if (c.value && to.try_send(result{*c.value, c.joined != 0}) == op_status::ok) return;
    } catch (...) {
      detail_flight::panic(std::current_exception());  // of a copy
    }
    to.close();
  }

  const std::shared_ptr<table> calls_;
};

}  // namespace offset::inline v0::sync
