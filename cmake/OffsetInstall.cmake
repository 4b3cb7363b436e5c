# What `cmake --install` puts down: the headers, the library, the CMake package and offset.pc. All of
# it may be moved together to another prefix.

include(CMakePackageConfigHelpers)

set(offset_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/offset")

install(TARGETS offset EXPORT offsetTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/offset"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")

# ---- find_package(offset CONFIG) -----------------------------------------------------------------
install(EXPORT offsetTargets NAMESPACE offset:: DESTINATION "${offset_cmake_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/offsetConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/offsetConfig.cmake" INSTALL_DESTINATION "${offset_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/offsetConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion) # 0.x: a new minor version may change things
install(FILES "${PROJECT_BINARY_DIR}/offsetConfig.cmake"
              "${PROJECT_BINARY_DIR}/offsetConfigVersion.cmake"
  DESTINATION "${offset_cmake_dir}")

# ---- pkg-config ----------------------------------------------------------------------------------
# The prefix is found from where offset.pc lies, so it needs the way back up from there.
cmake_path(SET offset_pc_dir NORMALIZE "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH offset_pc_up "${offset_pc_dir}" "/prefix")
string(REGEX REPLACE "/$" "" offset_pc_up "${offset_pc_up}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(offset_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  set(offset_pc_prefix "\${pcfiledir}/${offset_pc_up}")
endif()
foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(offset_pc_${dir} "${CMAKE_INSTALL_${dir}}")
  else()
    set(offset_pc_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
# Whoever links liboffset.a needs what it needs; liboffset.so brings its own along.
if(offset_type STREQUAL "SHARED_LIBRARY")
  set(offset_pc_libs "")
  set(offset_pc_libs_private "-lboost_context -lpthread")
  set(offset_pc_cflags "")
else()
  set(offset_pc_libs " -lboost_context -lpthread")
  set(offset_pc_libs_private "")
  set(offset_pc_cflags " -DOFFSET_API=")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/offset.pc.in" "${PROJECT_BINARY_DIR}/offset.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/offset.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
