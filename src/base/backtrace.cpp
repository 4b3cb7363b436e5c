#include "base/backtrace.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <dlfcn.h>
#include <string_view>
#include <unwind.h>
#include <vector>

#include "base/symbols.h"

namespace offset::inline v0::base {
namespace {

#ifdef offset_EXPORTS  // CMake's, for the sources of liboffset.so
constexpr bool in_shared_object = true;
#else
constexpr bool in_shared_object = false;
#endif

struct walk {
  backtrace* into;
  std::size_t skip;
};

_Unwind_Reason_Code step(_Unwind_Context* context, void* arg) {
  walk& w = *static_cast<walk*>(arg);
  int before = 0;
  const std::uintptr_t pc = _Unwind_GetIPInfo(context, &before);
  if (pc == 0) return _URC_END_OF_STACK;
  if (w.skip > 0) {
    --w.skip;
    return _URC_NO_REASON;
  }
  if (w.into->count == backtrace::most) {
    w.into->cut = true;
    return _URC_END_OF_STACK;
  }
  // A return address points behind the call: step back into it.
  w.into->frames[w.into->count++] = reinterpret_cast<const void*>(pc - (before != 0 ? 0 : 1));
  return _URC_NO_REASON;
}

struct place {
  std::string function;
  std::string module;
  bool ours = false;  // in liboffset.so, and not one of its public functions
};

place find(const void* at) {
  place out;
  Dl_info info{};
  char text[64];
  if (dladdr(at, &info) == 0 || info.dli_fname == nullptr) {
    std::snprintf(text, sizeof text, "%p", at);
    out.function = text;
    return out;
  }
  const auto offset = static_cast<const char*>(at) - static_cast<const char*>(info.dli_fbase);
  std::snprintf(text, sizeof text, "+0x%zx", static_cast<std::size_t>(offset));
  out.module = std::string(info.dli_fname) + text;
  if (info.dli_sname != nullptr) {
    out.function = demangle(info.dli_sname);
  } else {
    // A local function; part of one, in which case the compiler has put ".cold" or the like after
    // it.
    const char* const path =
        std::strchr(info.dli_fname, '/') != nullptr ? info.dli_fname : "/proc/self/exe";
    const std::string name = symbol_in_file(path, static_cast<std::uintptr_t>(offset));
    out.function =
        name.empty() ? std::string("?") : demangle(name.substr(0, name.find('.')).c_str());
  }
  Dl_info self{};
  out.ours = info.dli_sname == nullptr && in_shared_object &&
             dladdr(reinterpret_cast<const void*>(&demangle), &self) != 0 &&
             self.dli_fbase == info.dli_fbase;
  return out;
}

// How an exception is thrown, seen from the place that throws it.
bool is_throwing(std::string_view function) {
  return function == "__cxa_throw" || function == "__cxa_rethrow" ||
         function.starts_with("std::rethrow_exception");
}

// Where a goroutine's stack begins.
bool is_bottom(std::string_view function) {
  return function == "make_fcontext" || function.starts_with("offset::v0::detail::run_closure");
}

bool is_machinery(std::string_view function) {
  return function.starts_with("offset::v0::sched::") ||
         function.starts_with("offset::v0::fiber::") || function.starts_with("offset::v0::base::");
}

}  // namespace

[[gnu::noinline]] void backtrace::take(std::size_t skip) noexcept {
  count = 0;
  cut = false;
  walk w{this, skip + 1};
  _Unwind_Backtrace(step, &w);
}

std::string demangle(const char* name) {
  int status = 0;
  char* const clear = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string out = status == 0 && clear != nullptr ? clear : name;
  std::free(clear);
  return out;
}

void append(std::string& to, const backtrace& b) {
  std::vector<place> places;
  std::size_t first = 0;
  for (std::size_t i = 0; i < b.count; ++i) {
    places.push_back(find(b.frames[i]));
    if (is_throwing(places.back().function)) first = i + 1;
  }
  for (std::size_t i = first; i < places.size(); ++i) {
    const place& p = places[i];
    if (is_bottom(p.function)) break;
    if (p.ours || is_machinery(p.function)) continue;
    to += p.function;
    to += "\n\t";
    to += p.module.empty() ? std::string("?") : p.module;
    to += '\n';
  }
  if (b.cut) to += "...more frames not shown\n";
}

std::string describe_address(const void* at) {
  const place p = find(at);
  return p.function + "\n\t" + p.module;
}

}  // namespace offset::inline v0::base
