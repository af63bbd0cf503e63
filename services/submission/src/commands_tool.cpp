// These print to stdout because a person, or a script, called them.
#include "commands_tool.hpp"

#include "openapi.hpp"

#include "sluice/postgres/pool.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace sluice::submission {

int apply_migrations(const config& settings) {
    postgres::config login = settings.postgres;
    if (settings.postgres_owner_url.is_set()) login.url = settings.postgres_owner_url;
    const auto applied = postgres::migrate(login, settings.migrations_folder);
    if (!applied) {
        std::fprintf(stderr, "the migrations failed: %s\n", describe(applied.error()).c_str());
        return 1;
    }
    for (const std::string& name : *applied)
        std::printf("applied %s\n", name.c_str());
    if (applied->empty()) std::printf("the schema is up to date\n");
    std::fflush(stdout);
    return 0;
}

int print_openapi() {
    std::printf("%s\n", openapi_document().dump(2).c_str());
    std::fflush(stdout);
    return 0;
}

}  // namespace sluice::submission
