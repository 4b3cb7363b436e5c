// Go: src/runtime/chanbarrier_test.go. There it is about the collector's write barrier when a value
// goes from one goroutine's stack straight into another's. Without a collector what is left is the
// handing over itself, under churn: every value arrives whole and is destroyed once.
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;
using offset::select;

namespace {

struct my_error : std::runtime_error {
  my_error() : runtime_error("") {}
};
struct response {};
struct async {
  std::unique_ptr<response> resp;
  std::shared_ptr<std::exception> err;
};

std::shared_ptr<std::exception> do_request(bool use_select) {
  auto ch = make_chan<std::unique_ptr<async>>();
  auto done = make_chan<void>();
  if (use_select)
    offset::go([=] {
      select(ch.if_send(std::make_unique<async>(async{nullptr, std::make_shared<my_error>()})),
             done.if_recv());
    });
  else
    offset::go([=] {
      ch.send(std::make_unique<async>(async{nullptr, std::make_shared<my_error>()}));
    });
  const std::unique_ptr<async> r = ch.recv().value();
  offset::yield();
  return r->err;
}

void send_barrier(bool use_select) {
  offset::run([=] {
    constexpr int outer = 20;
    constexpr int inner = 500;
    offset::sync::wait_group group;
    for (int i = 0; i < outer; ++i)
      group.go([=] {
        std::vector<char> garbage;
        for (int j = 0; j < inner; ++j) {
          const auto err = do_request(use_select);
          EXPECT_NE(dynamic_cast<const my_error*>(err.get()), nullptr);
          garbage = std::vector<char>(1024);
        }
      });
    group.wait();
  });
}

TEST(ChanBarrier, TestChanSendSelectBarrier) { send_barrier(true); }
TEST(ChanBarrier, TestChanSendBarrier) { send_barrier(false); }

}  // namespace
