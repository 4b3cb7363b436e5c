// Go: test/makechan.go, which the compiler must refuse line by line: a capacity is a whole number.
// Constants that are whole but of the wrong size are found when they are used.
#include <complex>
#include <cstdint>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using offset::make_chan;

namespace {

template <class Capacity>
concept is_a_capacity = requires(Capacity n) {
  make_chan<char>(n);
};

static_assert(is_a_capacity<int> && is_a_capacity<unsigned long> && is_a_capacity<short>);
static_assert(!is_a_capacity<double>);
static_assert(!is_a_capacity<float>);
static_assert(!is_a_capacity<std::complex<float>>);
static_assert(!is_a_capacity<std::complex<double>>);
static_assert(!is_a_capacity<const char*>);

TEST(MakeChan, CapacityIsAWholeNumberInRange) {
  offset::run([] {
    EXPECT_THROW(make_chan<char>(-1), offset::panic_error);
    EXPECT_THROW(make_chan<char>(std::uint64_t{1} << 63), offset::panic_error);
    EXPECT_EQ(make_chan<char>(1).cap(), 1U);
    EXPECT_EQ(make_chan<char>(std::uint8_t{200}).cap(), 200U);
  });
}

}  // namespace
