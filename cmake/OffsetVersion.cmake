# Sets OFFSET_VERSION to the version written in include/offset/version.hpp, the only place where it is.

set(offset_version_header "${CMAKE_CURRENT_LIST_DIR}/../include/offset/version.hpp")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${offset_version_header}")
file(STRINGS "${offset_version_header}" offset_version_lines REGEX "^#define OFFSET_VERSION_")

set(OFFSET_VERSION "")
foreach(part IN ITEMS MAJOR MINOR PATCH)
  if(NOT offset_version_lines MATCHES "OFFSET_VERSION_${part} ([0-9]+)")
    message(FATAL_ERROR "No OFFSET_VERSION_${part} in ${offset_version_header}")
  endif()
  list(APPEND OFFSET_VERSION ${CMAKE_MATCH_1})
endforeach()
list(JOIN OFFSET_VERSION "." OFFSET_VERSION)

if(NOT offset_version_lines MATCHES "OFFSET_VERSION_STRING \"${OFFSET_VERSION}\"")
  message(FATAL_ERROR "OFFSET_VERSION_STRING is not \"${OFFSET_VERSION}\" in ${offset_version_header}")
endif()
