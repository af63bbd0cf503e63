// The template travels as a sealed memfd, sent once, before anything untrusted exists.
#include "oci_config.hpp"

#include "../fd_message.hpp"
#include "../memfd.hpp"
#include "bundle.hpp"
#include "oci_roles.hpp"

#include <array>
#include <cstring>

namespace sluice::sandbox::oci {

namespace {

std::vector<std::string> split(const std::string& paths) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < paths.size();) {
        all.emplace_back(paths.c_str() + at);
        at += all.back().size() + 1;
    }
    return all;
}

}  // namespace

result<void> send_oci_config(
    int socket,
    const sandbox_config& config,
    runtime_kind kind,
    const std::string& paths
) {
    auto runtime = find_runtime(config, kind);
    if (!runtime) return std::move(runtime).error();
    launcher_config message;
    message.runtime = kind;
    message.slots = static_cast<std::uint32_t>(config.slots);
    message.first_uid = static_cast<std::uint32_t>(config.first_uid);
    message.cpu_percent = static_cast<std::uint32_t>(config.slot_cpu_percent);
    message.path_count = static_cast<std::uint32_t>(config.read_only_paths.size());
    message.path_bytes = static_cast<std::uint32_t>(paths.size());
    if (runtime->size() >= sizeof message.runtime_path) {
        return fail(errc::invalid, "sandbox.runtime_path is too long");
    }
    std::memcpy(message.runtime_path, runtime->data(), runtime->size());
    // Its length and characters were checked by the caller.
    std::memcpy(message.cgroup_parent, config.cgroup_parent.data(), config.cgroup_parent.size());
    auto bundle = sealed_bytes("sluice-bundle", bundle_template(kind, split(paths)));
    if (!bundle) return std::move(bundle).error();
    const std::array fds{bundle->get()};
    const message_part parts[] = {{&message, sizeof message}, {paths.data(), paths.size()}};
    if (send_message(socket, parts, fds) < 0) return fail(errc::io, "the launcher ended at once");
    return {};
}

}  // namespace sluice::sandbox::oci
