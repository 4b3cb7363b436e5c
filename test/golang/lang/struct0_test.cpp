// Go: test/struct0.go (gcc's issue 47). Values without any content travel in channels of anything,
// and are what they were.
#include <any>
#include <map>
#include <string>
#include <variant>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;

namespace {

struct nothing {
  auto operator<=>(const nothing&) const = default;
};

TEST(Struct0, EmptyValuesInAChannelOfAny) {
  offset::run([] {
    auto c = make_chan<std::any>();
    auto done = make_chan<nothing>();
    offset::go([=] { done.send(std::any_cast<nothing>(c.recv().value())); });
    c.send(nothing{});
    EXPECT_EQ(done.recv(), nothing{});
    // And one that is asked for as something else.
    offset::go([=] {
      std::map<nothing, int> m;
      const std::any v = c.recv().value();
      EXPECT_THROW(std::any_cast<int>(v), std::bad_any_cast);
      m[std::any_cast<nothing>(v)] = 0;
      EXPECT_EQ(m.size(), 1U);
      done.send({});
    });
    c.send(nothing{});
    EXPECT_TRUE(done.recv().has_value());
  });
}

}  // namespace
