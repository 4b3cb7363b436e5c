// Go: test/chan/powser2.go. As powser1, with channels of an interface: shared objects, asked for
// their kind by the receiver.
#include <memory>

#include "powser.h"

namespace {

class item {
 public:
  virtual ~item() = default;
};
class rat_item final : public item {
 public:
  explicit rat_item(powser::rat v) : value(v) {}
  const powser::rat value;
};
using item_pointer = std::shared_ptr<const item>;

}  // namespace

template <>
struct powser::wire<item_pointer> {
  static item_pointer pack(rat v) { return std::make_shared<const rat_item>(v); }
  static rat unpack(const item_pointer& p) { return dynamic_cast<const rat_item&>(*p).value; }
};

namespace {

TEST(PowSer2, ExactCoefficients) { offset::run(powser::check_everything<item_pointer>); }

}  // namespace
