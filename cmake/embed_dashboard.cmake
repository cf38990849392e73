# embed_dashboard(TARGET): builds dashboard/ and embeds its files, also compressed, in the library.
#
# dashboard/build.mjs writes the files, an assembler source that includes them, and the table
# web/embedded_assets.h. Packages are installed beside the build, so the source tree stays clean.
find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)

function(embed_dashboard target)
  set(source ${CMAKE_SOURCE_DIR}/dashboard)
  # One dashboard for the release and the sanitizer builds: it is the same in all of them.
  set(work ${CMAKE_SOURCE_DIR}/build/dashboard)
  set(out ${CMAKE_BINARY_DIR}/generated/dashboard)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${source}/*.ts ${source}/*.tsx ${source}/*.css
       ${source}/*.html ${source}/*.svg ${source}/*.mjs ${source}/*.webmanifest)

  add_custom_command(
    OUTPUT ${work}/installed
    COMMAND ${CMAKE_COMMAND} -E make_directory ${work}
    COMMAND ${CMAKE_COMMAND} -E copy ${source}/package.json ${source}/package-lock.json ${work}
    COMMAND ${NPM} ci --prefix ${work} --ignore-scripts --no-audit --no-fund --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${work}/installed
    DEPENDS ${source}/package.json ${source}/package-lock.json
    COMMENT "Installing the dashboard's packages")
  add_custom_command(
    OUTPUT ${out}/assets.S ${out}/web/embedded_assets.h
    COMMAND ${NODE} ${source}/build.mjs --modules ${work}/node_modules --out ${out}
            --version ${PROJECT_VERSION}
    DEPENDS ${work}/installed ${sources}
    COMMENT "Building the dashboard")
  add_custom_target(dashboard DEPENDS ${out}/assets.S ${out}/web/embedded_assets.h)
  target_sources(${target} PRIVATE ${out}/assets.S ${out}/web/embedded_assets.h)
  target_include_directories(${target} PRIVATE ${out})
  set_property(GLOBAL APPEND PROPERTY ORRERY_GENERATED ${out}/web/embedded_assets.h)
endfunction()
