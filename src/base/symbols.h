// Names of functions that are in no dynamic symbol table: read from the symbol table of the file
// that the code was loaded from, where it has one. For reports only: it maps and searches the whole
// table.
#pragma once

#include <cstdint>
#include <string>

namespace offset::inline v0::base {

/// The mangled name of the function at `offset` of the object file `path` (its load address taken
/// off); empty when there is none.
std::string symbol_in_file(const char* path, std::uintptr_t offset);

}  // namespace offset::inline v0::base
