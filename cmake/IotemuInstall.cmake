# What `cmake --install` puts down: the daemon, the public headers, every static library of ours and the package
# files that make find_package(iotemu) work. Included last, when all targets are known.
include(CMakePackageConfigHelpers)

set(IOTEMU_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/iotemu)

get_property(iotemu_libraries GLOBAL PROPERTY IOTEMU_LIBRARIES)
install(TARGETS ${iotemu_libraries} EXPORT iotemuTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET iot-emulator)
  install(TARGETS iot-emulator RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/emulator/include/iotemu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT iotemuTargets NAMESPACE iotemu:: DESTINATION ${IOTEMU_CMAKE_DIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/iotemuConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/iotemuConfig.cmake INSTALL_DESTINATION ${IOTEMU_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/iotemuConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/iotemuConfig.cmake ${PROJECT_BINARY_DIR}/iotemuConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindRE2.cmake ${CMAKE_CURRENT_LIST_DIR}/FindSeccomp.cmake
        DESTINATION ${IOTEMU_CMAKE_DIR})
