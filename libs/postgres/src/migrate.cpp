// Applies migrations with blocking libpq: it runs before the service's loop does. An advisory lock
// on the session lets one migrator work while the others wait, and each file commits together with
// the row that records it.
#include "connection.hpp"

#include "sluice/core/digest.hpp"
#include "sluice/postgres/pool.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace sluice::postgres {
namespace {

namespace fs = std::filesystem;

constexpr char lock_sql[] = "SELECT pg_advisory_lock(7230549818)";
constexpr char table_sql[] =
    "CREATE TABLE IF NOT EXISTS sluice_migrations ("
    "number bigint PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())";

struct migration {
    std::int64_t number = 0;
    std::string name;
    std::string sql;
    std::string sha256;
};

struct pg_deleter {
    void operator()(PGconn* c) const { PQfinish(c); }
};
using pg_ptr = std::unique_ptr<PGconn, pg_deleter>;

// "0001_name.sql" → 1; nullopt for any other shape.
std::optional<std::int64_t> file_number(const std::string& name) {
    const bool is_shaped = name.size() > 9 && name[4] == '_' && name.ends_with(".sql");
    if (!is_shaped ||
        !std::all_of(name.begin(), name.begin() + 4, [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    return std::stoll(name.substr(0, 4));
}

result<std::vector<migration>> read_folder(const std::string& folder) {
    std::error_code ec;
    std::vector<migration> found;
    for (const auto& entry : fs::directory_iterator(folder, ec)) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(".sql")) continue;
        const auto number = file_number(name);
        if (!number) {
            return fail(errc::invalid, name + ": a migration is named like 0001_name.sql");
        }
        std::ifstream file(entry.path(), std::ios::binary);
        std::string sql((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        if (!file) return fail(errc::io, "cannot read " + entry.path().string());
        std::string digest = to_hex(sha256(sql));
        found.push_back({*number, name, std::move(sql), std::move(digest)});
    }
    if (ec) return fail(errc::io, "cannot read the folder " + folder + ": " + ec.message());
    std::sort(found.begin(), found.end(), [](const migration& a, const migration& b) {
        return a.number < b.number;
    });
    for (std::size_t i = 1; i < found.size(); ++i) {
        if (found[i].number == found[i - 1].number) {
            return fail(errc::invalid, found[i].name + ": its number is used twice");
        }
    }
    return found;
}

result<result_ptr> execute(PGconn* pg, const std::string& sql) {
    result_ptr r(PQexec(pg, sql.c_str()));
    const auto status = PQresultStatus(r.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return to_error(r.get());
    return r;
}

// name and digest of each applied migration, by number
using applied_map = std::map<std::int64_t, std::pair<std::string, std::string>>;

result<applied_map> read_applied(PGconn* pg) {
    auto r = execute(pg, "SELECT number, name, sha256 FROM sluice_migrations");
    if (!r) return r.error();
    applied_map applied;
    for (int i = 0; i < PQntuples(r->get()); ++i) {
        applied[std::stoll(PQgetvalue(r->get(), i, 0))] = {
            PQgetvalue(r->get(), i, 1),
            PQgetvalue(r->get(), i, 2)};
    }
    return applied;
}

result<void> apply(PGconn* pg, const migration& m) {
    SLUICE_TRY(execute(pg, "BEGIN"));
    auto applied = execute(pg, m.sql);
    if (applied) {
        const std::string number = std::to_string(m.number);
        const char* values[] = {number.c_str(), m.name.c_str(), m.sha256.c_str()};
        const result_ptr recorded(PQexecParams(
            pg,
            "INSERT INTO sluice_migrations (number, name, sha256) VALUES ($1, $2, $3)",
            3,
            nullptr,
            values,
            nullptr,
            nullptr,
            0
        ));
        if (PQresultStatus(recorded.get()) != PGRES_COMMAND_OK) {
            applied = to_error(recorded.get());
        } else {
            applied = execute(pg, "COMMIT");
        }
    }
    if (applied) return {};
    error e = applied.error();
    e.detail = m.name + ": " + e.detail;
    PQclear(PQexec(pg, "ROLLBACK"));
    return e;
}

}  // namespace

result<std::vector<std::string>> migrate(const config& c, const std::string& folder) {
    auto migrations = read_folder(folder);
    if (!migrations) return migrations.error();
    const std::string seconds =
        std::to_string(std::max<std::int64_t>(2, c.connect_timeout.count() / 1000));
    const char* names[] =
        {"connect_timeout", "dbname", "client_encoding", "fallback_application_name", nullptr};
    const char* values[] =
        {seconds.c_str(), c.url.value.c_str(), "UTF8", "sluice/migrate", nullptr};
    const pg_ptr pg(PQconnectdbParams(names, values, 1));
    if (PQstatus(pg.get()) != CONNECTION_OK) {
        return fail(errc::unavailable, PQerrorMessage(pg.get()));
    }
    PQsetNoticeProcessor(
        pg.get(),
        [](void*, const char*) {},
        nullptr
    );
    // The lock belongs to the session and ends with it, also when this process dies.
    SLUICE_TRY(execute(pg.get(), lock_sql));
    SLUICE_TRY(execute(pg.get(), table_sql));
    auto applied = read_applied(pg.get());
    if (!applied) return applied.error();
    std::vector<std::string> done;
    for (const auto& m : *migrations) {
        if (const auto old = applied->find(m.number); old != applied->end()) {
            if (old->second.second == m.sha256) continue;
            return fail(
                errc::conflict,
                m.name + " was changed after it had been applied; add a new file"
            );
        }
        SLUICE_TRY(apply(pg.get(), m));
        done.push_back(m.name);
    }
    return done;
}

}  // namespace sluice::postgres
