# For offset's own programs: tests, examples and benchmarks.

# offset_program(target): the house's settings for an executable. Its symbols are exported
# (-rdynamic) so that stack traces name its functions; the library finds names with dladdr.
function(offset_program target)
  target_link_libraries(${target} PRIVATE offset::offset)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF ENABLE_EXPORTS ON)
  offset_warnings(${target})
endfunction()

# offset_internal: the library's own objects as an archive, for tests that reach behind the public
# headers. liboffset.so hides what they need. Nothing is compiled twice.
if(OFFSET_TESTS)
  add_library(offset_internal STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:offset>)
  set_target_properties(offset_internal PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_features(offset_internal PUBLIC cxx_std_20)
  target_include_directories(offset_internal INTERFACE
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(offset_internal INTERFACE Boost::context Threads::Threads)
  offset_sanitize(offset_internal)
endif()

# offset_add_test(NAME source...
#   [INTERNAL]            link offset_internal and see src/, rather than liboffset
#   [LABELS label...]     default: the name of the directory (unit, stress, hazard, ...)
#   [TIMEOUT seconds]     default 120; five times that under a sanitizer
#   [PROCS "1;2;4;16"]    a ctest for each, NAME.pN, with OFFSET_MAXPROCS=N
#   [SERIAL]              runs alone, for what measures time
#   [ENVIRONMENT A=B...] [LIBRARIES lib...])
#
# One GoogleTest executable, and a ctest for the whole of it. `tests_LABEL` builds all of a label.
function(offset_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INTERNAL;SERIAL" "TIMEOUT"
                        "LABELS;PROCS;ENVIRONMENT;LIBRARIES")
  if(NOT arg_LABELS)
    cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME arg_LABELS)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(OFFSET_SANITIZE)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 5")
  endif()

  # Names of tests are unique, but two directories may both have, say, a "timer".
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME dir)
  set(target ${dir}_${name})
  set(test ${dir}.${name})

  add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
  if(arg_INTERNAL)
    target_link_libraries(${target} PRIVATE offset_internal)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF ENABLE_EXPORTS ON)
    offset_warnings(${target})
  else()
    offset_program(${target})
  endif()
  target_link_libraries(${target} PRIVATE GTest::gtest_main ${arg_LIBRARIES})

  foreach(label IN LISTS arg_LABELS)
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${target})
  endforeach()

  set(tests)
  if(arg_PROCS)
    foreach(procs IN LISTS arg_PROCS)
      add_test(NAME ${test}.p${procs} COMMAND ${target})
      set_property(TEST ${test}.p${procs} PROPERTY ENVIRONMENT "OFFSET_MAXPROCS=${procs}")
      list(APPEND tests ${test}.p${procs})
    endforeach()
  else()
    add_test(NAME ${test} COMMAND ${target})
    list(APPEND tests ${test})
  endif()
  set_tests_properties(${tests} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  if(arg_SERIAL)
    set_tests_properties(${tests} PROPERTIES RUN_SERIAL ON)
  endif()
  if(arg_ENVIRONMENT)
    set_property(TEST ${tests} APPEND PROPERTY ENVIRONMENT "${arg_ENVIRONMENT}")
  endif()
endfunction()
