# Warnings and hardening flags for our own targets (OpenSSF's compiler hardening guide).
# Optimisation-dependent hardening is left out of sanitizer builds, which replace it.
add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE
    -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wimplicit-fallthrough -Werror -fstack-protector-strong)
target_compile_definitions(sluice_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(NOT SLUICE_SANITIZE)
    # Not known for every machine (Clang 16: not for arm64), where an unused flag would be an error.
    include(CheckCXXCompilerFlag)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_cxx_compiler_flag(-fstack-clash-protection SLUICE_HAS_STACK_CLASH_PROTECTION)
    unset(CMAKE_REQUIRED_FLAGS)
    target_compile_options(sluice_flags INTERFACE
        $<$<AND:$<CONFIG:Release,RelWithDebInfo>,$<NOT:$<BOOL:$<TARGET_PROPERTY:SLUICE_IS_TEST>>>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>
        $<$<BOOL:${SLUICE_HAS_STACK_CLASH_PROTECTION}>:-fstack-clash-protection>)
endif()
target_link_options(sluice_flags INTERFACE -Wl,-z,relro,-z,now)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_link_options(sluice_flags INTERFACE -fuse-ld=lld)
endif()
