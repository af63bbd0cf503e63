// What a language file's `prepare` section makes once on a machine (precompiled headers, a class
// archive, a warm cache) and how it is found again. One folder for each making, <root>/<id>-<hash>:
// the hash is over the script, over size and time of every file that it was made from, and over
// size of every file in it. So nothing stale and nothing cut short is ever found.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/domain/language.hpp"

#include <string>

namespace sluice::languages {

// Runs the script, blocking, with the rights of this process, when there is nothing usable yet: for
// the installation, never for a service. The inputs are the system's own files. At most one older
// making is kept, for services that still use it. Gives the folder; "" without a script.
result<std::string> prepare(const domain::language& l, const std::string& root);

// The usable folder, or "". Nothing is taken from a root or folder that another user could write.
std::string find_prepared(const domain::language& l, const std::string& root);

}  // namespace sluice::languages
