# One call per target. Sources are listed, never globbed, so that a forgotten file is a visible diff.

# The files of a library are compiled a few at a time: coroutines and JSON make each file generate
# the same code again, which was two thirds of a clean build. A group takes less than 20 seconds, so
# that one changed file does too. Names in anonymous namespaces must differ within a library.
option(SLUICE_UNITY "compile the files of a library in groups" ON)
function(sluice_use_unity target)
    if(SLUICE_UNITY)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    endif()
endfunction()

# sluice_library(core HEADERS include/sluice/core/a.hpp … SOURCES src/a.cpp … DEPS … PRIVATE_DEPS …)
# makes the target sluice_core (alias sluice::core). Its public headers live under include/sluice/core/.
# NO_PRELUDE is for what stands below sluice::runtime: the precompiled header has Asio in it.
function(sluice_library name)
    cmake_parse_arguments(arg "NO_PRELUDE" "" "HEADERS;SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
    add_library(sluice_${name} STATIC ${arg_SOURCES})
    add_library(sluice::${name} ALIAS sluice_${name})
    target_sources(sluice_${name} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
    target_link_libraries(sluice_${name} PUBLIC ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS} sluice_flags)
    if(NOT arg_NO_PRELUDE)
        sluice_use_prelude(sluice_${name} library)
    endif()
    sluice_use_unity(sluice_${name})
    # Every public header compiles alone (target all_verify_interface_header_sets).
    set_target_properties(sluice_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# sluice_service(submission SOURCES … DEPS …) makes two targets: the service's objects as the library
# sluice_submission_service (which tests link) and the executable sluice-submission from src/main.cpp.
function(sluice_service name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
    add_library(sluice_${name}_service STATIC ${arg_SOURCES})
    target_include_directories(sluice_${name}_service PUBLIC src)
    target_link_libraries(sluice_${name}_service PUBLIC ${arg_DEPS} PRIVATE sluice_flags)
    sluice_use_prelude(sluice_${name}_service library)
    sluice_use_unity(sluice_${name}_service)
    add_executable(sluice-${name} src/main.cpp)
    target_link_libraries(sluice-${name} PRIVATE sluice_${name}_service sluice_flags)
endfunction()

# What the sanitizer presets run, and so all that ./dev test builds of them: half of the tree.
add_custom_target(unit_and_component_tests)

# sluice_test(core LABEL unit SOURCES … DEPS …) makes the executable <label>_<name> and one ctest entry.
function(sluice_test name)
    cmake_parse_arguments(arg "" "LABEL;TIMEOUT;FIXTURES" "SOURCES;DEPS" ${ARGN})
    add_executable(${arg_LABEL}_${name} ${arg_SOURCES})
    target_link_libraries(${arg_LABEL}_${name} PRIVATE ${arg_DEPS} sluice::testing sluice_flags)
    # What is tested is optimised; optimising the tests themselves took a third of a clean build.
    # Without optimisation there is nothing that _FORTIFY_SOURCE could work on.
    set_target_properties(${arg_LABEL}_${name} PROPERTIES SLUICE_IS_TEST ON)
    target_compile_options(${arg_LABEL}_${name} PRIVATE $<$<CONFIG:Release>:-O0>)
    sluice_use_prelude(${arg_LABEL}_${name} test)
    add_test(NAME ${arg_LABEL}.${name} COMMAND ${arg_LABEL}_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    if(arg_LABEL MATCHES "^(unit|component)$")
        add_dependencies(unit_and_component_tests ${arg_LABEL}_${name})
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    set_tests_properties(${arg_LABEL}.${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
    if(arg_FIXTURES)
        set_tests_properties(${arg_LABEL}.${name} PROPERTIES FIXTURES_REQUIRED ${arg_FIXTURES})
    endif()
endfunction()
