// The launcher's one configuration message: what is taken must not be able to map host uid 0, to
// name a cgroup folder elsewhere, or to show a relative path.
#include "fuzz.hpp"
#include "message_check.hpp"

#include <vector>

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    sandbox::protocol::launcher_config config;
    config.slots = in.byte();
    config.first_uid = (in.byte() & 1) != 0 ? 200'000 : 0xffffff00;
    config.path_count = in.byte();
    const std::string_view parent = in.piece(in.byte() & 63);
    std::memcpy(config.cgroup_parent, parent.data(), parent.size());
    const bool is_fitted = (in.byte() & 1) != 0;
    sandbox::protocol::launcher_config patched = config;
    in.patch(patched);
    const std::string_view paths = in.text();
    if (is_fitted) patched.path_bytes = static_cast<std::uint32_t>(paths.size());
    std::vector<std::byte> message(sizeof patched + paths.size());
    std::memcpy(message.data(), &patched, sizeof patched);
    std::memcpy(message.data() + sizeof patched, paths.data(), paths.size());

    sandbox::launcher_settings settings;
    if (!sandbox::parse_launcher_config(message, settings)) return 0;
    fuzz::require(settings.slots > 0 && settings.slots <= sandbox::protocol::max_slots);
    for (const unsigned slot : {0U, settings.slots - 1}) {
        const unsigned first = settings.first_uid + 2 * slot;
        fuzz::require(first != 0 && first + 1 != 0 && first >= settings.first_uid);
    }
    fuzz::require(settings.cgroup_parent.find('/') == std::string::npos);
    fuzz::require(!settings.cgroup_parent.empty() && settings.cgroup_parent[0] != '.');
    for (const std::string& path : settings.read_only_paths) {
        fuzz::require(path.starts_with('/') && path.find('\0') == std::string::npos);
    }
    return 0;
}
