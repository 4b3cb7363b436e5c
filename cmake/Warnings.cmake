# offset_warnings(target): the warnings that all of offset's own code is compiled with.
# With OFFSET_WERROR they are errors. They never reach a program that merely uses offset.

function(offset_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(OFFSET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
