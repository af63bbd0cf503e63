// What an OCI runtime is told: the system-call profile is compared with the compiled native filter,
// value by value, and the bundle is looked at for the promises that a mistake would break silently.
#include "oci/bundle.hpp"
#include "oci/bundle_blanks.hpp"
#include "oci/oci_config.hpp"
#include "oci/seccomp_json.hpp"
#include "seccomp_checks.hpp"

#include "sluice/sandbox/launcher.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <map>
#include <set>

using namespace sluice;
using namespace sluice::sandbox;
using json = nlohmann::ordered_json;

namespace {

constexpr int succeeds = -2;  // refused, and told that it worked

// The errno that the profile gives a call, 0 when it is allowed; -1 when two rules contradict.
int errno_by_profile(const json& profile, const std::string& name, const std::uint64_t args[3]) {
    std::set<int> found;
    for (const json& rule : profile["syscalls"]) {
        bool is_named = false;
        for (const json& n : rule["names"])
            is_named = is_named || n == name;
        if (!is_named) continue;
        bool applies = true;
        for (const json& a : rule.value("args", json::array())) {
            REQUIRE(a["op"] == "SCMP_CMP_MASKED_EQ");
            const std::uint64_t value = args[a["index"].get<int>()];
            applies = applies && (value & a["value"].get<std::uint64_t>()) == a["valueTwo"];
        }
        if (applies)
            found.insert(
                rule["action"] == "SCMP_ACT_ALLOW" ? 0
                : rule["errnoRet"].get<int>() == 0 ? succeeds
                                                   : rule["errnoRet"].get<int>()
            );
    }
    if (found.empty()) return profile["defaultErrnoRet"];
    return found.size() == 1 ? *found.begin() : -1;
}

int errno_by_table(const seccomp::entry& e, const std::uint64_t args[3]) {
    if (const auto* check = seccomp::check_of(e.action)) {
        const auto value = static_cast<std::uint32_t>(args[check->argument]) & check->mask;
        for (const std::uint32_t listed : check->values) {
            if (listed == value) return check->listed;
        }
        return check->otherwise;
    }
    if (e.action == seccomp::verdict::eperm) return EPERM;
    if (e.action == seccomp::verdict::nothing) return succeeds;
    return e.action == seccomp::verdict::enosys ? ENOSYS : 0;
}

json filled_bundle() {
    oci::blank_values values;
    values.init_uid = 300000;
    values.job_uid = 300001;
    values.memory_bytes = 1 << 28;
    values.tasks = 64;
    values.disk_bytes = 1 << 27;
    values.inodes = 1000;
    values.cgroup_path = "/sluice/l1/s0/run";
    const std::string text =
        oci::fill_in(oci::bundle_template(oci::runtime_kind::crun, {"/usr", "/no/such"}), values);
    CHECK(text.find('#') == std::string::npos);
    return json::parse(text);
}

}  // namespace

TEST_CASE("the profile for runtimes gives every call what the native filter gives it") {
    const json profile = oci::seccomp_profile(seccomp::x86_64());
    const std::uint64_t high = 0x7'0000'0000;  // the kernel ignores this half
    for (const seccomp::entry& e : seccomp::x86_64().entries) {
        INFO(e.name);
        const auto* check = seccomp::check_of(e.action);
        std::vector<std::uint64_t> values{0, 1, 2, 3, 10, 0xffffffff, 0x10000000, 0x7e020000};
        if (check != nullptr) {
            for (const std::uint32_t listed : check->values) {
                for (const std::uint64_t near : {listed, listed + 1, listed - 1, listed ^ 0x8000}) {
                    values.push_back(near & 0xffffffff);
                    values.push_back((near & 0xffffffff) | high);
                }
            }
        }
        for (const std::uint64_t value : values) {
            const std::uint64_t args[3] = {value, value, value};
            CHECK(errno_by_profile(profile, e.name, args) == errno_by_table(e, args));
        }
    }
}

TEST_CASE("a call that the table does not know does not exist for the runtime either") {
    const json profile = oci::seccomp_profile(seccomp::x86_64());
    CHECK(profile["defaultAction"] == "SCMP_ACT_ERRNO");
    CHECK(profile["defaultErrnoRet"] == ENOSYS);
    CHECK(profile["architectures"] == json::array({"SCMP_ARCH_X86_64"}));
}

TEST_CASE("a container maps two ids and never host uid 0") {
    const json bundle = filled_bundle();
    for (const char* map : {"uidMappings", "gidMappings"}) {
        const json& entries = bundle["linux"][map];
        REQUIRE(entries.size() == 2);
        CHECK(entries[0]["hostID"] == 300000);
        CHECK(entries[1]["hostID"] == 300001);
        for (const json& entry : entries)
            CHECK(entry["size"] == 1);
    }
}

TEST_CASE("a container has every namespace, a read-only root, limits, and no new privileges") {
    const json bundle = filled_bundle();
    std::set<std::string> kinds;
    for (const json& n : bundle["linux"]["namespaces"])
        kinds.insert(n["type"]);
    CHECK(
        kinds == std::set<std::string>{"pid", "mount", "network", "ipc", "uts", "user", "cgroup"}
    );
    CHECK(bundle["root"]["readonly"] == true);
    CHECK(bundle["process"]["noNewPrivileges"] == true);
    CHECK(bundle["process"]["capabilities"]["inheritable"].empty());
    CHECK(bundle["process"]["capabilities"]["ambient"].empty());
    CHECK(bundle["linux"]["resources"]["memory"]["limit"] == 1 << 28);
    CHECK(bundle["linux"]["resources"]["memory"]["swap"] == 1 << 28);
    CHECK(bundle["linux"]["resources"]["pids"]["limit"] == 64);
}

TEST_CASE("every host path in a container is read-only, nosuid and nodev") {
    int binds = 0;
    const json bundle = filled_bundle();
    for (const json& m : bundle["mounts"]) {
        if (m["type"] != "bind") continue;
        ++binds;
        std::set<std::string> options;
        for (const json& o : m["options"])
            options.insert(o);
        INFO(m.dump());
        CHECK((options.contains("ro") || options.contains("rro")));
        CHECK(options.contains("nosuid"));
        CHECK(options.contains("nodev"));
        CHECK(m["destination"] != "/no/such");
    }
    CHECK(binds == 2);
}

TEST_CASE("a runtime that is not installed is refused with the package's name") {
    sandbox_config config;
    config.backend = "crun";
    config.runtime_path = "/no/such/crun";
    const auto found = oci::find_runtime(config, oci::runtime_kind::crun);
    REQUIRE(found.has_error());
    CHECK(found.error().detail.find("install the package crun") != std::string::npos);
    const auto spawned = launcher::spawn(config);
    REQUIRE(spawned.has_error());
    CHECK(spawned.error().code == make_error_code(sandbox_errc::unsafe_host));
    CHECK(spawned.error().detail.find("install the package crun") != std::string::npos);
}
