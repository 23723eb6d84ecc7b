# Helpers that every folder's CMakeLists.txt uses, so that a target is one line to read.
include(GNUInstallDirs)

find_program(IOTEMU_CCACHE ccache)
if(IOTEMU_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${IOTEMU_CCACHE}")
endif()

# What every target of ours is compiled with. IOTEMU_SANITIZE is a list as -fsanitize= takes it.
function(iotemu_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  if(IOTEMU_DEVELOPER_MODE)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
    # g++ 12 sees overlapping copies in every optimised `"text" + std::string` (GCC bug 105651).
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Wno-restrict>)
    endif()
  endif()
  if(IOTEMU_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${IOTEMU_SANITIZE} -fno-omit-frame-pointer
                                             -fno-sanitize-recover=all)
    # The types inside Debian's shared spdlog and fmt are built without RTTI: UBSan takes them for strangers.
    if(IOTEMU_SANITIZE MATCHES "undefined")
      target_compile_options(${target} PRIVATE -fno-sanitize=vptr)
    endif()
    # g++ 12 takes parts of <regex> for uninitialised once sanitizers have rearranged it.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
    target_link_options(${target} PUBLIC -fsanitize=${IOTEMU_SANITIZE})
  endif()
endfunction()

# Links `deps`; those without "::" name our own libraries.
function(iotemu_link target visibility)
  foreach(dep IN LISTS ARGN)
    if(NOT dep MATCHES "::")
      set(dep iotemu::${dep})
    endif()
    target_link_libraries(${target} ${visibility} ${dep})
  endforeach()
endfunction()

# iotemu_library(NAME mqtt SOURCES a.cpp … DEPS base … PRIVATE_DEPS …): target iotemu_<name>, alias iotemu::<name>.
# The library that users link is NAME iotemu: target iotemu, alias iotemu::iotemu.
function(iotemu_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target iotemu_${ARG_NAME})
  if(ARG_NAME STREQUAL "iotemu")
    set(target iotemu)
  endif()
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(iotemu::${ARG_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${ARG_NAME})
  iotemu_compile_options(${target})
  # Users of the public library see its include/ folder and nothing behind it.
  if(ARG_NAME STREQUAL "iotemu")
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  else()
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  endif()
  iotemu_link(${target} PUBLIC ${ARG_DEPS})
  iotemu_link(${target} PRIVATE ${ARG_PRIVATE_DEPS})
  set_property(GLOBAL APPEND PROPERTY IOTEMU_LIBRARIES ${target})
endfunction()

# iotemu_test(NAME base_tests LABEL fast SOURCES … DEPS …): a GoogleTest executable; each TEST is a ctest test, with SERIAL
# one that nothing else runs beside.
function(iotemu_test)
  cmake_parse_arguments(ARG "SERIAL" "NAME;LABEL" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  iotemu_compile_options(${ARG_NAME})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PRIVATE iotemu_test_support GTest::gmock GTest::gtest_main)
  iotemu_link(${ARG_NAME} PRIVATE ${ARG_DEPS})
  include(GoogleTest)
  gtest_discover_tests(${ARG_NAME} PROPERTIES LABELS "${ARG_LABEL}" RUN_SERIAL ${ARG_SERIAL} DISCOVERY_TIMEOUT 60
                       DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES)
endfunction()

# iotemu_bench(NAME codec_bench SOURCES … DEPS …): a Google Benchmark executable with its own main.
function(iotemu_bench)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  iotemu_compile_options(${ARG_NAME})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PRIVATE benchmark::benchmark benchmark::benchmark_main)
  iotemu_link(${ARG_NAME} PRIVATE ${ARG_DEPS})
endfunction()

# iotemu_fuzz(NAME policy_fuzz SOURCES policy_fuzz.cpp CORPUS <folder> DEPS …): a LLVMFuzzerTestOneInput target.
# Under clang with IOTEMU_FUZZ it is a libFuzzer program; otherwise the replay main runs the corpus, as a ctest.
function(iotemu_fuzz)
  cmake_parse_arguments(ARG "" "NAME;CORPUS" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  iotemu_compile_options(${ARG_NAME})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  iotemu_link(${ARG_NAME} PRIVATE ${ARG_DEPS})
  cmake_path(ABSOLUTE_PATH ARG_CORPUS BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  if(IOTEMU_FUZZ)
    target_link_options(${ARG_NAME} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} -runs=0 ${ARG_CORPUS})
  else()
    target_sources(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} ${ARG_CORPUS})
  endif()
  set_property(GLOBAL APPEND PROPERTY IOTEMU_FUZZERS ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "fast;fuzz" TIMEOUT 120)
endfunction()
