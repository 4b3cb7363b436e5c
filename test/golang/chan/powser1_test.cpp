// Go: test/chan/powser1.go. Hundreds of goroutines with a request and reply protocol give the exact
// coefficients of power series (powser.h). Channels of plain values.
#include "powser.h"

template <>
struct powser::wire<powser::rat> {
  static rat pack(rat v) { return v; }
  static rat unpack(rat v) { return v; }
};

namespace {

TEST(PowSer1, ExactCoefficients) { offset::run(powser::check_everything<powser::rat>); }

}  // namespace
