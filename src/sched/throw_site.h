// Where a panic was thrown. When no handler is found below, the C++ runtime asks each catch clause
// of the goroutine's first frame in turn whether it takes the exception, before anything is
// unwound. A clause of this type answers no, and takes the stack as it is asked. (Its type_info is
// our own: see throw_site.cpp.)
#pragma once

namespace offset::inline v0::sched {

struct throw_site_probe {
  virtual ~throw_site_probe();  // declared only: the type_info is defined by hand
};

}  // namespace offset::inline v0::sched
