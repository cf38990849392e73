# Two things are installed: the program, and the lifecycle engine as a library of its own
# (find_package(orrery-lifecycle)).
include(CMakePackageConfigHelpers)

if(TARGET orrery)
  install(TARGETS orrery RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  configure_file(packaging/orrery.service.in ${CMAKE_BINARY_DIR}/orrery.service @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/orrery.service packaging/orrery.socket
          DESTINATION lib/systemd/system COMPONENT program)
endif()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/orrery-lifecycle)
foreach(module core async lifecycle)
  set_target_properties(orrery_${module} PROPERTIES EXPORT_NAME ${module})
  install(TARGETS orrery_${module} EXPORT orrery-lifecycle
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT lifecycle)
  install(DIRECTORY src/${module} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery COMPONENT lifecycle
          FILES_MATCHING PATTERN "*.h")
endforeach()
install(EXPORT orrery-lifecycle NAMESPACE orrery:: FILE orrery-lifecycle-targets.cmake
        DESTINATION ${package} COMPONENT lifecycle)
file(WRITE ${CMAKE_BINARY_DIR}/orrery-lifecycle-config.cmake
"include(CMakeFindDependencyMacro)
find_dependency(Boost 1.81)
find_dependency(Threads)
find_dependency(fmt)
include(\${CMAKE_CURRENT_LIST_DIR}/orrery-lifecycle-targets.cmake)
")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/orrery-lifecycle-config-version.cmake
                                 COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/orrery-lifecycle-config.cmake
              ${CMAKE_BINARY_DIR}/orrery-lifecycle-config-version.cmake
        DESTINATION ${package} COMPONENT lifecycle)
