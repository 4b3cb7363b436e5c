/// \file
/// What every public header of offset includes first: the compiler it needs, and OFFSET_API.
///
/// The ABI namespace is written out where it is opened, `namespace offset::inline v0 {`, so that no
/// macro stands between a reader (or a debugger) and the name. Its number is the SOVERSION.
#pragma once

#if __cplusplus < 202002L
#error "offset needs C++20: compile with -std=c++20 or later"
#endif

#if !defined(__linux__) || !(defined(__x86_64__) || defined(__aarch64__))
#error "offset runs on Linux, on x86-64 and aarch64"
#endif

/// Marks what liboffset.so exports; everything else in it is hidden. Users of a static liboffset
/// compile with `OFFSET_API` defined as nothing, which the CMake target and offset.pc see to.
#ifndef OFFSET_API
#define OFFSET_API __attribute__((visibility("default")))
#endif
