// Go: test/fixedbugs/bugNNN.go, those that are about channels and goroutines. Each is a few lines.
#include <any>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <variant>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::send_chan;

namespace {

// bug067: a channel in a variable of the package, assigned later, used from a goroutine.
chan<int> of_the_package;
TEST(Bug067, GlobalChannel) {
  of_the_package = make_chan<int>();
  offset::run([] {
    offset::go([] { of_the_package.send(0); });
    EXPECT_EQ(of_the_package.recv(), 0);
  });
}

// bug130: go on a method of an interface. The program's status is what was received.
class sender {
 public:
  virtual ~sender() = default;
  virtual void send(send_chan<int> c) = 0;
};
class sends_its_value final : public sender {
 public:
  explicit sends_its_value(int v) : v_(v) {}
  void send(send_chan<int> c) override { c.send(v_); }

 private:
  int v_;
};
PROGRAM(bug130) {
  return offset::run([] {
    sends_its_value s(7);
    sender* const i = &s;
    auto c = make_chan<int>();
    offset::go(&sender::send, i, c);
    return c.recv().value();
  });
}
TEST(Bug130, VirtualMethod) { EXPECT_EQ(test::run_program("bug130").status, 7); }

// bug147: a send on an unbuffered channel waits for its receiver, however long that takes.
TEST(Bug147, SynchronousSendWaits) {
  offset::run([] {
    int count = 0;
    auto c = make_chan<char>();
    auto resume = make_chan<void>();
    offset::go([&, c] {
      c.recv();
      ++count;
      resume.recv();
      ++count;
      c.recv();
    });
    c.send(1);
    offset::go([=] {
      EXPECT_TRUE(test::await_senders(c, 1));
      resume.send();
    });
    c.send(2);
    EXPECT_EQ(count, 2) << "synchronous send did not wait";
  });
}

// bug225: a receive with a default from an empty, then from a full channel.
TEST(Bug225, TryReceive) {
  offset::run([] {
    auto c = make_chan<bool>(1);
    EXPECT_EQ(select(c.if_recv(), otherwise), 1U);
    c.send(true);
    EXPECT_EQ(select(c.if_recv(), otherwise), 0U);
  });
}

// bug230: values of three types behind one interface, in one channel.
struct with_m {
  virtual ~with_m() = default;
  virtual std::string m() const = 0;
};
template <class T>
struct holds final : with_m {
  explicit holds(T v) : value(std::move(v)) {}
  std::string m() const override {
    if constexpr (std::is_same_v<T, std::string>)
      return value;
    else
      return std::to_string(static_cast<int>(value));
  }
  T value;
};
TEST(Bug230, ChannelOfAnInterface) {
  offset::run([] {
    auto c = make_chan<std::unique_ptr<with_m>>(10);
    c.send(std::make_unique<holds<int>>(0));
    c.send(std::make_unique<holds<double>>(1.0));
    c.send(std::make_unique<holds<std::string>>("hi"));
    EXPECT_EQ(c.recv().value()->m(), "0");
    EXPECT_EQ(c.recv().value()->m(), "1");
    EXPECT_EQ(c.recv().value()->m(), "hi");

    auto v = make_chan<std::variant<int, double, std::string>>(3);
    v.send(0);
    v.send(1.0);
    v.send(std::string("hi"));
    EXPECT_EQ(v.recv()->index(), 0U);
    EXPECT_EQ(v.recv()->index(), 1U);
    EXPECT_EQ(std::get<std::string>(v.recv().value()), "hi");
  });
}

// bug234: the value and whether there was one.
TEST(Bug234, ValueAndOk) {
  offset::run([] {
    auto c = make_chan<int>(1);
    c.send(100);
    int x = 0;
    EXPECT_TRUE(c.recv(x));
    EXPECT_EQ(x, 100);
    c.close();
    EXPECT_FALSE(c.recv(x));
    EXPECT_EQ(x, 0);
  });
}

// bug273, its channels: sizes that are negative, huge, or small again when multiplied.
TEST(Bug273, SizesOutOfRange) {
  using block = std::array<char, (1 << 16) - 1>;
  offset::run([] {
    EXPECT_THROW(make_chan<block>(-1), offset::panic_error);
    EXPECT_THROW(make_chan<block>(std::int64_t{10} | std::int64_t{1} << 46), offset::panic_error);
    EXPECT_THROW(make_chan<block>(std::int64_t{1} << 60), offset::panic_error);
    EXPECT_THROW(make_chan<block>(std::numeric_limits<std::uint64_t>::max() / sizeof(block) + 2),
                 offset::panic_error);
  });
}

// bug312: a select receives into a variable of an interface type.
TEST(Bug312, SelectIntoAnInterface) {
  offset::run([] {
    std::any i;
    auto c = make_chan<int>(1);
    c.send(1);
    EXPECT_EQ(select(c.if_recv([&](int v) { i = v; })), 0U);
    EXPECT_EQ(std::any_cast<int>(i), 1);
  });
}

// bug474: Once of a bound method.
TEST(Bug474, OnceOfABoundMethod) {
  struct t {
    offset::sync::once once;
    int calls = 0;
    void m() { ++calls; }
    void run() {
      once.call([this] { m(); });
    }
  };
  offset::run([] {
    t x;
    x.run();
    x.run();
    EXPECT_EQ(x.calls, 1);
  });
}

// bug512: the object that a method is started on is copied by the go statement: what is done to it
// afterwards is not seen by the goroutine.
std::atomic<bool> done512{false};
struct checked {
  int i1 = 0;
  int i2 = 0;
  void check(int v1, int v2, const chan<void>& end) {
    do {
      offset::yield();
      EXPECT_EQ(i1, v1);
      EXPECT_EQ(i2, v2);
    } while (!done512 && !testing::Test::HasFailure());
    end.send();
  }
};
TEST(Bug512, GoCopiesTheReceiver) {
  done512 = false;
  offset::run([] {
    auto end = make_chan<void>();
    checked s{1, 2};
    offset::go(&checked::check, s, 1, 2, end);
    s.i1 = 3;
    s.i2 = 4;
    offset::yield();
    EXPECT_EQ(s.i1 + s.i2, 7);
    done512 = true;
    end.recv();
  });
}

}  // namespace
