# SLUICE_SANITIZE: empty, "address,undefined" or "thread".
set(SLUICE_SANITIZE "" CACHE STRING "sanitizers for every target: address,undefined or thread")
if(SLUICE_SANITIZE)
    # Clang's function sanitizer emits differences across sections that coroutines cannot link.
    add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-sanitize=function -fno-omit-frame-pointer -g)
    add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()
