// Go: test/closedchan.go. Every operation on a closed channel, unbuffered and with a value left,
// through the plain operations, a select of one case and a select of two.
#include <optional>
#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::chan;
using offset::make_chan;
using offset::op_status;
using offset::otherwise;
using offset::select;

namespace {

struct received {
  int x = -1;
  bool ok = true;
  bool selected = false;
  bool operator==(const received&) const = default;
};

class plain {
 public:
  static constexpr const char* name = "plain";
  explicit plain(chan<int> of) : c(std::move(of)) {}
  void send(int x) const { c.send(x); }
  bool try_send(int x) const { return select(c.if_send(x), otherwise) == 0; }
  int recv() const { return c.recv().value_or(0); }
  received recv2() const {
    received r;
    r.selected = true;
    r.ok = c.recv(r.x);
    return r;
  }
  received try_recv() const {
    received r;
    r.selected = select(c.if_recv(r.x, r.ok), otherwise) == 0;
    return r;
  }

 private:
  chan<int> c;
};

class select_of_one {
 public:
  static constexpr const char* name = "select of one";
  explicit select_of_one(chan<int> of) : c(std::move(of)) {}
  void send(int x) const { select(c.if_send(x)); }
  bool try_send(int x) const { return select(otherwise, c.if_send(x)) == 1; }
  int recv() const {
    int x = -1;
    select(c.if_recv(x));
    return x;
  }
  received recv2() const {
    received r;
    r.selected = select(c.if_recv(r.x, r.ok)) == 0;
    return r;
  }
  received try_recv() const {
    received r;
    r.selected = select(otherwise, c.if_recv(r.x, r.ok)) == 1;
    return r;
  }

 private:
  chan<int> c;
};

class select_of_two {
 public:
  static constexpr const char* name = "select of two";
  explicit select_of_two(chan<int> of) : c(std::move(of)) {}
  void send(int x) const { select(c.if_send(x), dummy.if_recv()); }
  bool try_send(int x) const { return select(otherwise, dummy.if_recv(), c.if_send(x)) == 2; }
  int recv() const {
    int x = -1;
    select(dummy.if_recv(), c.if_recv(x));
    return x;
  }
  received recv2() const {
    received r;
    r.selected = select(dummy.if_recv(), c.if_recv(r.x, r.ok)) == 1;
    return r;
  }
  received try_recv() const {
    received r;
    r.selected = select(dummy.if_recv(), otherwise, c.if_recv(r.x, r.ok)) == 2;
    return r;
  }

 private:
  chan<int> c;
  chan<bool> dummy = make_chan<bool>();
};

constexpr received closed{0, false, true};
constexpr received last_value{1, true, true};

template <class Chan>
class ClosedChan : public testing::Test {};
struct named {
  template <class T>
  static std::string GetName(int i) {
    std::string name = T::name;
    for (char& c : name)
      if (c == ' ') c = '_';
    return name + std::to_string(i);
  }
};
using ways = testing::Types<plain, select_of_one, select_of_two>;
TYPED_TEST_SUITE(ClosedChan, ways, named);

// Go's test1.
template <class Chan>
void expect_closed(const Chan& c) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(c.recv(), 0);
    EXPECT_EQ(c.recv2(), closed);
    EXPECT_EQ(c.try_recv(), closed) << "a closed channel is ready";
  }
  EXPECT_THROW(c.try_send(1), offset::closed_channel);
  EXPECT_EQ(c.recv(), 0) << "the value that was refused came in";
  EXPECT_THROW(c.send(2), offset::closed_channel);
  EXPECT_EQ(c.recv(), 0) << "the value that was refused came in";
}

template <class Chan>
Chan closed_sync() {
  auto c = make_chan<int>();
  c.close();
  return Chan(c);
}
template <class Chan>
Chan closed_async() {
  auto c = make_chan<int>(2);
  c.send(1);
  c.close();
  return Chan(c);
}

TYPED_TEST(ClosedChan, Sync) {
  offset::run([] { expect_closed(closed_sync<TypeParam>()); });
}
TYPED_TEST(ClosedChan, AsyncLastValueByRecv) {
  offset::run([] {
    const auto c = closed_async<TypeParam>();
    EXPECT_EQ(c.recv(), 1);
    expect_closed(c);
  });
}
TYPED_TEST(ClosedChan, AsyncLastValueByRecv2) {
  offset::run([] {
    const auto c = closed_async<TypeParam>();
    EXPECT_EQ(c.recv2(), last_value);
    expect_closed(c);
  });
}
TYPED_TEST(ClosedChan, AsyncLastValueByTryRecv) {
  offset::run([] {
    const auto c = closed_async<TypeParam>();
    EXPECT_EQ(c.try_recv(), last_value);
    expect_closed(c);
  });
}

// What C++ adds to Go's spellings: the forms that answer a status do not throw.
TEST(ClosedChanStatus, StatusForms) {
  offset::run([] {
    auto c = make_chan<int>(2);
    c.send(1);
    c.close();
    int x = -1;
    EXPECT_EQ(c.try_send(2), op_status::closed);
    EXPECT_EQ(c.try_recv(x), op_status::ok);
    EXPECT_EQ(x, 1);
    EXPECT_EQ(c.try_recv(x), op_status::closed);
    EXPECT_EQ(c.recv(), std::nullopt);
  });
}

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    return e.what();
  }
  return "did not panic";
}

TEST(ClosedChanClose, OfNilAndTwice) {
  offset::run([] {
    EXPECT_EQ(panic_of([] { chan<int>().close(); }), "close of nil channel");
    auto c = make_chan<int>();
    c.close();
    EXPECT_EQ(panic_of([&] { c.close(); }), "close of closed channel");
    EXPECT_EQ(panic_of([&] { c.send(1); }), "send on closed channel");
  });
}

}  // namespace
