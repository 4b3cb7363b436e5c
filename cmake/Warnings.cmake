# offset_warnings(target): the warnings that all of offset's own code is compiled with.
# With OFFSET_WERROR they are errors. They never reach a program that merely uses offset.

function(offset_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE
      # g++ takes the payload of a std::optional that is known to be empty for used (its bug 80635).
      # clang's own analysis of the same mistakes stays on.
      -Wno-maybe-uninitialized
      # A note, not a warning: over-aligned arguments are passed otherwise than by g++ 4.5.
      -Wno-psabi)
  endif()
  if(OFFSET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
