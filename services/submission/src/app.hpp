// The composition root: what the service is made of, and in which order it lives and dies.
#pragma once

#include "config.hpp"

#include "sluice/runtime/service_main.hpp"

namespace sluice::submission {

// `settings` is filled from file and environment before anything is made; it must outlive the run.
runtime::service_definition definition(config& settings);

}  // namespace sluice::submission
