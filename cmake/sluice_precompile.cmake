# Two precompiled headers, each made once and used by every target of its kind: parsing Asio, the
# standard library, Catch2 and JSON again for each file was half of a clean build.
option(SLUICE_PRECOMPILE "use precompiled headers" ON)

# Two targets, because a precompiled header fits only the flags it was made with: tests are
# executables (-fPIE) and less optimised than libraries (-fPIC).
function(sluice_define_preludes)
    if(NOT SLUICE_PRECOMPILE)
        return()
    endif()
    # Without the time of the file in it, the compiler cache finds a precompiled header again.
    add_library(sluice_prelude_options INTERFACE)
    target_compile_options(sluice_prelude_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp" -fpch-instantiate-templates)

    add_library(sluice_prelude_library OBJECT ${CMAKE_SOURCE_DIR}/cmake/prelude/empty.cpp)
    target_precompile_headers(sluice_prelude_library PRIVATE ${CMAKE_SOURCE_DIR}/cmake/prelude/library.hpp)
    target_link_libraries(sluice_prelude_library PRIVATE sluice_boost sluice_flags sluice_prelude_options)

    add_library(sluice_prelude_test OBJECT ${CMAKE_SOURCE_DIR}/cmake/prelude/empty.cpp)
    set_target_properties(sluice_prelude_test PROPERTIES POSITION_INDEPENDENT_CODE OFF SLUICE_IS_TEST ON)
    target_precompile_headers(sluice_prelude_test PRIVATE ${CMAKE_SOURCE_DIR}/cmake/prelude/test.hpp)
    target_compile_options(sluice_prelude_test PRIVATE -fPIE $<$<CONFIG:Release>:-O0>)
    target_link_libraries(sluice_prelude_test
        PRIVATE sluice_boost nlohmann_json::nlohmann_json Catch2::Catch2 sluice_flags sluice_prelude_options)
endfunction()

# sluice_use_prelude(target library|test)
function(sluice_use_prelude target kind)
    if(SLUICE_PRECOMPILE)
        target_precompile_headers(${target} REUSE_FROM sluice_prelude_${kind})
    endif()
endfunction()
