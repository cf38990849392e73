# orrery_module(NAME storage DEPS core async LIBS SQLite::SQLite3)
#
# One folder, one library, one namespace. The module's include root holds only the module itself,
# so an include that DEPS does not allow is a compile error; a dependency that is not declared
# above it in src/CMakeLists.txt does not exist yet, so a cycle is a configure error.
# Unit tests stand beside the code as *_test.cpp and become the program NAME_test.
function(orrery_module)
  cmake_parse_arguments(PARSE_ARGV 0 M "" "NAME" "DEPS;LIBS;TEST_LIBS;DEFINITIONS")
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${M_NAME})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  set(root ${CMAKE_BINARY_DIR}/include/${M_NAME})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${folder} ${root}/${M_NAME} SYMBOLIC)

  add_library(orrery_${M_NAME} STATIC ${sources})
  target_include_directories(orrery_${M_NAME} PUBLIC $<BUILD_INTERFACE:${root}>
                             $<INSTALL_INTERFACE:include/orrery>)
  target_link_libraries(orrery_${M_NAME} PUBLIC ${M_LIBS})
  target_compile_definitions(orrery_${M_NAME} PRIVATE ${M_DEFINITIONS})
  foreach(dep IN LISTS M_DEPS)
    if(NOT TARGET orrery_${dep})
      message(FATAL_ERROR "module ${M_NAME} needs ${dep}, which is not above it in src/CMakeLists.txt")
    endif()
    target_link_libraries(orrery_${M_NAME} PUBLIC orrery_${dep})
  endforeach()

  if(ORRERY_TESTS AND tests)
    add_executable(${M_NAME}_test ${tests})
    target_link_libraries(${M_NAME}_test PRIVATE orrery_${M_NAME} ${M_TEST_LIBS} GTest::gmock_main)
    add_test(NAME ${M_NAME} COMMAND ${M_NAME}_test)
    set_tests_properties(${M_NAME} PROPERTIES TIMEOUT 300)
  endif()
endfunction()
