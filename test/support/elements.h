// Element types for channels: counted lifetimes, copies that throw, moves that do things.
#pragma once

#include <atomic>
#include <functional>
#include <stdexcept>
#include <utility>

namespace test {

/// What became of the `counted` values that belong to it.
struct ledger {
  std::atomic<long> alive{0};  // objects, moved-from ones included
  std::atomic<long> values{
      0};  // objects that hold a value: what a program would call lost or doubled
  std::atomic<long> copies{0};
  std::atomic<long> errors{0};        // destroyed twice, or used when dead
  std::atomic<long> copies_left{-1};  // copying throws once this is 0; -1: never
};

/// Moves without throwing, copies unless its ledger says no. Default: belongs to nobody.
class counted {
 public:
  counted() noexcept : counted(nullptr, 0) {}
  counted(ledger* l, int v) noexcept : ledger_(l), value_(v) {
    if (ledger_ != nullptr) ++ledger_->alive, ++ledger_->values;
  }
  counted(const counted& o) : ledger_(o.ledger_), value_(o.value_) {
    o.check();
    if (ledger_ == nullptr) return;
    long left = ledger_->copies_left.load();
    if (left == 0) throw std::runtime_error("copy refused");
    if (left > 0) --ledger_->copies_left;
    ++ledger_->alive;
    ++ledger_->values;
    ++ledger_->copies;
  }
  counted(counted&& o) noexcept : ledger_(o.ledger_), value_(o.value_), moved_(o.moved_) {
    o.check();
    o.moved_ = true;
    if (ledger_ != nullptr) ++ledger_->alive;
  }
  counted& operator=(const counted& o) {
    counted copy(o);
    swap(copy);
    return *this;
  }
  counted& operator=(counted&& o) noexcept {
    counted taken(std::move(o));
    swap(taken);
    return *this;
  }
  ~counted() {
    check();
    state_ = dead;
    if (ledger_ == nullptr) return;
    if (!moved_) --ledger_->values;
    --ledger_->alive;  // the last of it: who waits for 0 may drop the ledger
  }
  int value() const noexcept { return moved_ ? -1 : value_; }
  bool moved_from() const noexcept { return moved_; }

 private:
  static constexpr unsigned living = 0x600DF00D;
  static constexpr unsigned dead = 0xDEADDEAD;
  void check() const noexcept {
    if (state_ != living && ledger_ != nullptr) ++ledger_->errors;
  }
  void swap(counted& o) noexcept {
    std::swap(ledger_, o.ledger_);
    std::swap(value_, o.value_);
    std::swap(moved_, o.moved_);
  }
  ledger* ledger_;
  int value_;
  bool moved_ = false;
  unsigned state_ = living;
};

/// Calls `on_move` each time it is moved (constructed from another), with the value.
class loud {
 public:
  using hook = std::function<void(int)>;
  loud() noexcept = default;
  loud(int v, const hook* on_move) noexcept : value_(v), on_move_(on_move) {}
  loud(loud&& o) noexcept : value_(o.value_), on_move_(o.on_move_) {
    if (on_move_ != nullptr && *on_move_) (*on_move_)(value_);
  }
  loud& operator=(loud&& o) noexcept {
    value_ = o.value_;
    on_move_ = o.on_move_;
    return *this;
  }
  ~loud() = default;
  int value() const noexcept { return value_; }

 private:
  int value_ = 0;
  const hook* on_move_ = nullptr;
};

/// Copyable and nothing else worth noting, with no default.
struct no_default {
  explicit no_default(int v) noexcept : value(v) {}
  int value;
  bool operator==(const no_default&) const = default;
};

}  // namespace test
