/// \file
/// sync::map: a hash map for many goroutines at once. Go's sync.Map.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <offset/config.hpp>
#include <offset/detail/spread.hpp>
#include <offset/sync/rw_mutex.hpp>

namespace offset::inline v0::sync {

/// Every operation but range takes effect at one moment, and whoever sees it sees what was done
/// before it. From goroutines and plain threads; an operation waits for others on keys near its
/// own, which never takes long, and loads do not wait for loads.
///
/// The map is in parts, each under a lock of its own that a goroutine may wait for. The equality of
/// keys and values, moves, and copies of what is returned run under such a lock, shared for loads:
/// they must not use this map. The hash, the destructors and what is given to range run under none.
/// Exceptions of all of them pass through and leave the map as it was.
template <class K, class V, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class map {
 public:
  explicit map(Hash hash = Hash(), Equal equal = Equal())
      : hash_(std::move(hash)), equal_(std::move(equal)), width_(2 * detail::spread_width()),
        parts_(std::make_unique<part[]>(width_)) {}
  map(const map&) = delete;
  map& operator=(const map&) = delete;
  /// Nobody may use it any more.
  ~map() {
    for (std::size_t i = 0; i < width_; ++i) let_go(parts_[i].table);
  }

  /// Sets the value of `key`.
  void store(K key, V value) {
    const place at = place_of(key);
    const std::unique_lock hold(at.in.lock);
    if (node* const n = find(at, key))
      exchange(n->value, value);  // the old one is destroyed with the argument, after the unlock
    else
      insert(at, std::move(key), std::move(value));
  }

  /// The value, if there is one.
  std::optional<V> load(const K& key) const {
    const place at = place_of(key);
    const std::shared_lock hold(at.in.lock);
    const node* const n = find(at, key);
    return n != nullptr ? std::optional<V>(n->value) : std::nullopt;
  }

  /// The value that is there and true; or else `value`, which has been stored, and false.
  std::pair<V, bool> load_or_store(K key, V value) {
    const place at = place_of(key);
    {
      const std::shared_lock hold(at.in.lock);
      if (const node* const n = find(at, key)) return {n->value, true};
    }
    const std::unique_lock hold(at.in.lock);
    if (const node* const n = find(at, key)) return {n->value, true};
    std::pair<V, bool> stored(value, false);
    insert(at, std::move(key), std::move(value));
    return stored;
  }

  /// Takes the key out: the value, if there was one. Go: LoadAndDelete.
  std::optional<V> load_and_erase(const K& key) {
    const place at = place_of(key);
    return value_of(take_out(at, [&](const node& n) { return is(n, at, key); }));
  }

  /// Takes the key out: true when it was there. Go: Delete.
  bool erase(const K& key) {
    const place at = place_of(key);
    return take_out(at, [&](const node& n) { return is(n, at, key); }) != nullptr;
  }

  /// Sets the value of `key`: the one before, if there was one.
  std::optional<V> swap(K key, V value) {
    const place at = place_of(key);
    std::unique_lock hold(at.in.lock);
    if (node* const n = find(at, key)) {
      exchange(n->value, value);
      hold.unlock();
      return std::optional<V>(std::move(value));
    }
    insert(at, std::move(key), std::move(value));
    return std::nullopt;
  }

  /// Sets the value of `key` to `desired` if it is there and equals `expected`: true when so.
  bool compare_and_swap(const K& key, const V& expected,
                        V desired) requires(std::equality_comparable<V>) {
    const place at = place_of(key);
    const std::unique_lock hold(at.in.lock);
    node* const n = find(at, key);
    if (n == nullptr || !(n->value == expected)) return false;
    exchange(n->value, desired);
    return true;
  }

  /// Takes the key out if its value equals `expected`: true when so. Go: CompareAndDelete.
  bool compare_and_erase(const K& key, const V& expected) requires(std::equality_comparable<V>) {
    const place at = place_of(key);
    return take_out(at, [&](const node& n) { return is(n, at, key) && n.value == expected; }) !=
           nullptr;
  }

  /// Calls `f(key, value)` for what is in the map, in no order, until it returns false (or never,
  /// when it returns nothing). No key comes twice. What is stored or erased meanwhile, by `f` too,
  /// may be seen or not; it is not one moment of the map. `f` may do anything: the value is a copy,
  /// the key stays while `f` has it. O(keys), even when stopped early: O(keys of a part).
  template <class F>
    requires(std::invocable<F&, const K&, V>)
  void range(F&& f) const {
    for (std::size_t i = 0; i < width_; ++i) {
      const part& in = parts_[i];
      const snapshot seen(in);
      for (const node* const n : seen.nodes) {
        std::optional<V> value;
        {
          const std::shared_lock hold(in.lock);
          if (n->live) value.emplace(n->value);
        }
        if (!value) continue;
        if constexpr (std::is_void_v<std::invoke_result_t<F&, const K&, V>>)
          std::invoke(f, n->key, std::move(*value));
        else if (!std::invoke(f, n->key, std::move(*value)))
          return;
      }
    }
  }

  /// Takes all out, at one moment.
  void clear() {
    std::vector<bucket_array> old(width_);
    {
      // In their order, which nobody else needs: they hold one at a time.
      std::vector<std::unique_lock<rw_mutex>> held;
      held.reserve(width_);
      for (std::size_t i = 0; i < width_; ++i) held.emplace_back(parts_[i].lock);
      for (std::size_t i = 0; i < width_; ++i) {
        part& in = parts_[i];
        for (node* n : in.table)
          for (; n != nullptr; n = n->next) n->live = false;
        in.count = 0;
        old[i].swap(in.table);
      }
    }
    for (bucket_array& table : old) let_go(table);
  }

 private:
  // Shared by the table, while `live`, and by those that range over it.
  struct node {
    node(std::size_t h, K&& k, V&& v) : hash(h), key(std::move(k)), value(std::move(v)) {}
    node* next = nullptr;  // in the bucket; under the part's lock, as `live` and `value` are
    const std::size_t hash;
    mutable std::atomic<std::size_t> users{1};
    bool live = true;
    const K key;
    V value;
  };
  struct release {
    void operator()(const node* n) const noexcept {
      // Release, acquire: what the others did with it happens before it is deleted.
      if (n->users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete n;
    }
  };
  using node_handle = std::unique_ptr<node, release>;
  using bucket_array = std::vector<node*>;

  struct alignas(64) part {
    mutable rw_mutex lock;
    bucket_array table;  // a power of two, or empty
    std::size_t count = 0;
  };
  struct place {
    part& in;
    std::size_t hash;
  };

  struct snapshot {
    explicit snapshot(const part& in) {
      const std::shared_lock hold(in.lock);
      nodes.reserve(in.count);
      for (const node* n : in.table)
        for (; n != nullptr; n = n->next) {
          n->users.fetch_add(1, std::memory_order_relaxed);
          nodes.push_back(n);
        }
    }
    snapshot(const snapshot&) = delete;
    snapshot& operator=(const snapshot&) = delete;
    ~snapshot() {
      for (const node* const n : nodes) release()(n);
    }
    std::vector<const node*> nodes;
  };

  place place_of(const K& key) const {
    // Mixed: std::hash of an integer is the integer. The upper bits choose the part, the lower ones
    // the bucket.
    std::uint64_t h = hash_(key);
    h = (h ^ (h >> 32)) * 0x9E3779B97F4A7C15U;
    h ^= h >> 29;
    return {parts_[(h >> 48) % width_], static_cast<std::size_t>(h)};
  }

  bool is(const node& n, const place& at, const K& key) const {
    return n.hash == at.hash && equal_(n.key, key);
  }

  node* find(const place& at, const K& key) const {
    const bucket_array& table = at.in.table;
    if (table.empty()) return nullptr;
    node* n = table[at.hash & (table.size() - 1)];
    while (n != nullptr && !is(*n, at, key)) n = n->next;
    return n;
  }

  void insert(const place& at, K&& key, V&& value) {
    node_handle fresh(new node(at.hash, std::move(key), std::move(value)));
    if (at.in.count >= at.in.table.size()) grow(at.in);
    node*& first = at.in.table[at.hash & (at.in.table.size() - 1)];
    fresh->next = first;
    first = fresh.release();
    ++at.in.count;
  }

  static void grow(part& in) {
    bucket_array larger(std::max<std::size_t>(8, in.table.size() * 2));
    for (node* n : in.table)
      while (n != nullptr) {
        node* const next = n->next;
        node*& first = larger[n->hash & (larger.size() - 1)];
        n->next = std::exchange(first, n);
        n = next;
      }
    in.table.swap(larger);
  }

  // The first in the bucket for which `wanted` holds; nobody else uses its value any more.
  template <class Wanted>
  node_handle take_out(const place& at, Wanted wanted) {
    const std::unique_lock hold(at.in.lock);
    bucket_array& table = at.in.table;
    if (table.empty()) return nullptr;
    node** link = &table[at.hash & (table.size() - 1)];
    while (*link != nullptr && !wanted(**link)) link = &(*link)->next;
    node* const n = *link;
    if (n == nullptr) return nullptr;
    *link = n->next;
    n->live = false;
    --at.in.count;
    return node_handle(n);
  }
  static std::optional<V> value_of(node_handle n) {
    return n ? std::optional<V>(std::move(n->value)) : std::nullopt;
  }

  static void exchange(V& a, V& b) {
    using std::swap;
    swap(a, b);
  }

  static void let_go(bucket_array& table) noexcept {
    for (node* n : table)
      while (n != nullptr) {
        const node_handle gone(n);
        n = n->next;
      }
    table.clear();
  }

  [[no_unique_address]] const Hash hash_;
  [[no_unique_address]] const Equal equal_;
  const std::size_t width_;  // a power of two
  const std::unique_ptr<part[]> parts_;
};

}  // namespace offset::inline v0::sync
