// Go: src/runtime/panic_test.go. What a panic says of the value that was thrown.
//
// Go prints a named type with its name and value, main.MyInt(93). C++ has no such types: numbers
// and strings are printed as Go prints the plain ones, whatever alias they were named by; any other
// type, an enumeration with a name of its own among them, by that name.
#include <complex>
#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"

using offset::make_chan;

namespace {

template <class T>
int panics_with(T value) {
  return offset::run([value] {
    offset::go([value] { throw value; });
    make_chan<void>().recv();
  });
}

using my_int = std::int64_t;
enum class my_enum : int { some = 93 };
class my_string : public std::string {
  using std::string::string;
};

PROGRAM(custom_bool) { return panics_with(true); }
PROGRAM(custom_complex128) { return panics_with(std::complex<double>(32.1, 10)); }
PROGRAM(custom_complex64) { return panics_with(std::complex<float>(0.11F, 3)); }
PROGRAM(custom_float32) { return panics_with(-93.70F); }
PROGRAM(custom_float64) { return panics_with(-93.70); }
PROGRAM(custom_int) { return panics_with(93); }
PROGRAM(custom_int8) { return panics_with(std::int8_t{93}); }
PROGRAM(custom_int16) { return panics_with(std::int16_t{93}); }
PROGRAM(custom_int32) { return panics_with(std::int32_t{93}); }
PROGRAM(custom_int64) { return panics_with(my_int{93}); }
PROGRAM(custom_uint) { return panics_with(93U); }
PROGRAM(custom_uint8) { return panics_with(std::uint8_t{93}); }
PROGRAM(custom_uint16) { return panics_with(std::uint16_t{93}); }
PROGRAM(custom_uint32) { return panics_with(std::uint32_t{93}); }
PROGRAM(custom_uint64) { return panics_with(std::uint64_t{93}); }
PROGRAM(custom_uintptr) { return panics_with(std::uintptr_t{93}); }
PROGRAM(custom_string) { return panics_with(std::string("Panic")); }
PROGRAM(custom_string_view) { return panics_with(std::string_view("Panic")); }
PROGRAM(custom_derived_string) { return panics_with(my_string("Panic")); }
PROGRAM(custom_enum) { return panics_with(my_enum::some); }

TEST(Panic, PanicWithDirectlyPrintableCustomTypes) {
  constexpr struct {
    const char* name;
    const char* text;
  } kinds[] = {
      {"custom_bool", "true"},
      {"custom_complex128", "(+3.210000e+001+1.000000e+001i)"},
      {"custom_complex64", "(+1.100000e-001+3.000000e+000i)"},
      {"custom_float32", "-9.370000e+001"},
      {"custom_float64", "-9.370000e+001"},
      {"custom_int", "93"},
      {"custom_int8", "93"},
      {"custom_int16", "93"},
      {"custom_int32", "93"},
      {"custom_int64", "93"},
      {"custom_uint", "93"},
      {"custom_uint8", "93"},
      {"custom_uint16", "93"},
      {"custom_uint32", "93"},
      {"custom_uint64", "93"},
      {"custom_uintptr", "93"},
      {"custom_string", "Panic"},
      {"custom_string_view", "Panic"},
      {"custom_derived_string", "Panic"},
      {"custom_enum", "(anonymous namespace)::my_enum"},
  };
  for (const auto& kind : kinds) {
    const auto o = test::run_program(kind.name);
    EXPECT_EQ(o.status, 2) << kind.name;
    EXPECT_TRUE(o.err.starts_with(std::string("panic: ") + kind.text + "\n\ngoroutine "))
        << kind.name << ": " << o.err;
  }
}

}  // namespace
