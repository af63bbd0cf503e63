// The specification knows "equal under a mask" but neither "none of these" nor an order of rules,
// so the complement of a list is spelled out: a walk down the bits gives one masked prefix for each
// subtree without a listed value. The rules of a call are therefore disjoint and cover every value,
// and no runtime has to choose between two.
#include "seccomp_json.hpp"

#include "../seccomp_checks.hpp"

#include <linux/audit.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>

namespace sluice::sandbox::oci {

namespace {

using json = nlohmann::ordered_json;

constexpr int allowed = -1;

// An errno of 0 is a refusal that looks like success.
json rule(std::vector<std::string> names, int error_number) {
    json r;
    r["names"] = std::move(names);
    if (error_number == allowed) {
        r["action"] = "SCMP_ACT_ALLOW";
    } else {
        r["action"] = "SCMP_ACT_ERRNO";
        r["errnoRet"] = error_number;
    }
    return r;
}

class spelled_out {
public:
    spelled_out(const char* name, const seccomp::argument_check& check, json& rules)
        : name_(name), check_(check), rules_(rules) {
        descend(0, 0, 0x80000000U);
    }

private:
    // `bit` is the next one below the prefix that is to be looked at.
    void descend(std::uint32_t mask, std::uint32_t prefix, std::uint32_t bit) {
        const bool has_listed =
            std::any_of(check_.values.begin(), check_.values.end(), [&](std::uint32_t value) {
                return (value & mask) == prefix;
            });
        if (!has_listed) return emit(mask, prefix, check_.otherwise);
        while (bit != 0 && (check_.mask & bit) == 0)
            bit >>= 1;
        if (bit == 0) return emit(mask, prefix, check_.listed);
        descend(mask | bit, prefix, bit >> 1);
        descend(mask | bit, prefix | bit, bit >> 1);
    }
    void emit(std::uint32_t mask, std::uint32_t value, int error_number) {
        json r = rule({name_}, error_number == 0 ? allowed : error_number);
        json argument;
        argument["index"] = check_.argument;
        argument["value"] = mask;
        argument["valueTwo"] = value;
        argument["op"] = "SCMP_CMP_MASKED_EQ";
        r["args"] = json::array({std::move(argument)});
        rules_.push_back(std::move(r));
    }

    const char* name_;
    const seccomp::argument_check& check_;
    json& rules_;
};

int errno_of(seccomp::verdict action) {
    switch (action) {
        case seccomp::verdict::eperm:
            return EPERM;
        case seccomp::verdict::enosys:
            return ENOSYS;
        case seccomp::verdict::nothing:
            return 0;
        case seccomp::verdict::allow:
        case seccomp::verdict::capable:
            return allowed;
        default:
            return EPERM;
    }
}

std::string architecture(const seccomp::table& rules) {
    return rules.audit_arch == AUDIT_ARCH_AARCH64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
}

}  // namespace

json seccomp_profile(const seccomp::table& rules) {
    std::map<int, std::vector<std::string>> plain;
    json checked = json::array();
    for (const seccomp::entry& e : rules.entries) {
        if (const seccomp::argument_check* check = seccomp::check_of(e.action)) {
            spelled_out(e.name, *check, checked);
        } else if (const int error_number = errno_of(e.action); error_number != ENOSYS) {
            plain[error_number].emplace_back(e.name);
        }
    }
    json profile;
    // Whatever is not named, newer calls among it, does not exist: libcs then fall back.
    profile["defaultAction"] = "SCMP_ACT_ERRNO";
    profile["defaultErrnoRet"] = ENOSYS;
    profile["architectures"] = json::array({architecture(rules)});
    profile["syscalls"] = json::array();
    for (auto& [error_number, names] : plain)
        profile["syscalls"].push_back(rule(std::move(names), error_number));
    for (json& r : checked)
        profile["syscalls"].push_back(std::move(r));
    return profile;
}

}  // namespace sluice::sandbox::oci
