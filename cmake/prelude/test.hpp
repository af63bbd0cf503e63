// Precompiled for the tests: the libraries' prelude, Catch2 and JSON.
#pragma once

#include "library.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
