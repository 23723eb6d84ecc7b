# The target seccomp::seccomp: Debian's package brings no CMake files of its own.
include(FindPackageHandleStandardArgs)
find_path(Seccomp_INCLUDE_DIR seccomp.h)
find_library(Seccomp_LIBRARY seccomp)
find_package_handle_standard_args(Seccomp REQUIRED_VARS Seccomp_LIBRARY Seccomp_INCLUDE_DIR)
if(Seccomp_FOUND AND NOT TARGET seccomp::seccomp)
  add_library(seccomp::seccomp UNKNOWN IMPORTED)
  set_target_properties(seccomp::seccomp PROPERTIES IMPORTED_LOCATION "${Seccomp_LIBRARY}"
                                              INTERFACE_INCLUDE_DIRECTORIES "${Seccomp_INCLUDE_DIR}")
endif()
