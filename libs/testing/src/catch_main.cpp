// The one main of all C++ test programs; Catch2's own takes fifteen seconds to compile.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
