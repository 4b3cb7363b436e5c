# offset_sanitize(target): applies OFFSET_SANITIZE to the target and to all that link it in this build
# tree. Code and its users must agree on this, so the installed package never carries it.

function(offset_sanitize target)
  if(NOT OFFSET_SANITIZE)
    return()
  endif()
  set(options -fsanitize=${OFFSET_SANITIZE} -fno-omit-frame-pointer)
  if(OFFSET_SANITIZE MATCHES "undefined")
    list(APPEND options -fno-sanitize-recover=undefined) # a finding ends the program
  endif()
  target_compile_options(${target} PUBLIC "$<BUILD_INTERFACE:${options}>")
  target_link_options(${target} PUBLIC "$<BUILD_INTERFACE:-fsanitize=${OFFSET_SANITIZE}>")
endfunction()
