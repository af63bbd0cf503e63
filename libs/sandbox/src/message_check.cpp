// Sizes first, then enums, then ranges. A bound is generous where it only keeps later arithmetic
// from overflowing.
#include "message_check.hpp"

#include "command_view.hpp"
#include "egress_policy.hpp"

#include <sys/wait.h>

#include <cstring>
#include <string_view>

namespace sluice::sandbox {

namespace {

constexpr std::int64_t longest_us = 1LL << 50;  // 35 years
constexpr std::int64_t most_bytes = 1LL << 55;
constexpr std::int64_t highest_errno = 4095;       // the kernel's own bound
constexpr std::uint64_t highest_uid = 0xfffffffe;  // 2^32 - 1 means "no id"

bool is_between(std::int64_t value, std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
}

bool is_step(std::uint32_t step) {
    return step < static_cast<std::uint32_t>(setup_step::count_);
}

bool is_end(std::int32_t wait_status) {
    return WIFEXITED(wait_status) || WIFSIGNALED(wait_status);
}

template <class Message>
bool has_head(const Message& message, long size) {
    return size == static_cast<long>(sizeof message) && message.message_magic == protocol::magic;
}

bool has_valid_egress(const protocol::launcher_config& config) {
    if (config.egress_count > protocol::max_egress_rules) return false;
    for (std::uint32_t i = 0; i < config.egress_count; ++i) {
        if (!is_valid(config.egress[i])) return false;
    }
    return true;
}

// A folder name of its own, never a way to another place.
bool is_folder_name(std::string_view name) {
    return !name.empty() && name.find('/') == std::string_view::npos && name[0] != '.';
}

}  // namespace

bool parse_launcher_config(std::span<const std::byte> bytes, launcher_settings& out) {
    protocol::launcher_config config;
    if (bytes.size() < sizeof config) return false;
    std::memcpy(&config, bytes.data(), sizeof config);
    // The last uid of the last slot must not wrap around to host uid 0.
    if (config.message_magic != protocol::magic || config.slots == 0 ||
        config.slots > protocol::max_slots || config.first_uid == 0 ||
        std::uint64_t{config.first_uid} + 3 * std::uint64_t{config.slots} > highest_uid ||
        config.path_count > protocol::max_read_only_paths ||
        (config.cpu_percent != 0 && (config.cpu_percent < protocol::min_cpu_percent ||
                                     config.cpu_percent > protocol::max_cpu_percent)) ||
        bytes.size() - sizeof config != config.path_bytes ||
        config.cgroup_parent[protocol::max_parent_name - 1] != '\0' ||
        !is_folder_name(config.cgroup_parent) || !has_valid_egress(config)) {
        return false;
    }
    out.slots = config.slots;
    out.first_uid = config.first_uid;
    out.cpu_percent = config.cpu_percent;
    out.may_use_single_uid = config.may_use_single_uid == 1;
    out.may_run_without_cgroups = config.may_run_without_cgroups == 1;
    out.cgroup_parent = config.cgroup_parent;
    out.has_fork_servers = config.has_fork_servers == 1;
    out.egress.assign(config.egress, config.egress + config.egress_count);
    out.read_only_paths.clear();
    std::string_view paths(
        reinterpret_cast<const char*>(bytes.data()) + sizeof config,
        config.path_bytes
    );
    for (std::uint32_t i = 0; i < config.path_count; ++i) {
        const std::size_t end = paths.find('\0');
        if (end == std::string_view::npos || !paths.starts_with('/')) return false;
        out.read_only_paths.emplace_back(paths.substr(0, end));
        paths.remove_prefix(end + 1);
    }
    return paths.empty();
}

bool is_valid(
    const protocol::launcher_request& request,
    long size,
    std::size_t fds,
    unsigned slots
) {
    return has_head(request, size) && fds == 0 &&
           request.verb == protocol::launcher_verb::open_slot && request.slot < slots &&
           request.serial != 0 && request.reach <= protocol::network::egress;
}

bool is_valid(const protocol::launcher_reply& reply, long size, std::size_t fds) {
    return has_head(reply, size) && reply.slot < protocol::max_slots && is_step(reply.step) &&
           is_between(reply.error_number, 0, highest_errno) && fds == (reply.step == 0 ? 1 : 0);
}

bool is_valid(const protocol::slot_request& request, long size, std::size_t fds) {
    const bool is_order = request.verb == protocol::slot_verb::prepare && request.warm_key != 0 &&
                          request.warm_quiet_ms <= 60'000 && request.has_stdin == 0 &&
                          request.has_collect == 0 && request.how == protocol::interaction::none;
    const bool is_fork_order =
        request.verb == protocol::slot_verb::serve_forks && request.fork_key != 0 &&
        request.fork_runs > 0 && request.pack_count == 1 && request.has_stdin == 0 &&
        request.has_collect == 0 && request.how == protocol::interaction::none;
    return size >= static_cast<long>(sizeof request) &&
           (request.verb == protocol::slot_verb::run || is_order || is_fork_order) &&
           request.fork_fds == 0 && implausible_field(request) == nullptr &&
           static_cast<std::size_t>(size) == sizeof request + request.command_bytes &&
           fds == request.has_stdin + request.pack_count + request.has_collect +
                      (request.how != protocol::interaction::none ? 1U : 0U);
}

bool is_valid(const protocol::interaction_order& order, long size, std::size_t fds) {
    return has_head(order, size) && fds == 0 && is_between(order.signal, 1, 31);
}

bool is_valid(const protocol::terminal_made& made, long size, std::size_t fds) {
    return has_head(made, size) && fds == 1;
}

bool is_valid(const protocol::slot_reply& r, long size, std::size_t fds) {
    if (!has_head(r, size) || !is_step(r.step) || !is_between(r.error_number, 0, highest_errno) ||
        !is_between(r.collect_errno, 0, highest_errno) || !is_between(r.cpu_us, 0, longest_us) ||
        !is_between(r.wall_us, 0, longest_us) || !is_between(r.memory_peak_bytes, 0, most_bytes)) {
        return false;
    }
    for (const std::uint8_t flag :
         {r.has_artefacts,
          r.wall_exceeded,
          r.cpu_exceeded,
          r.memory_exceeded,
          r.processes_exceeded,
          r.killed_by_request}) {
        if (flag > 1) return false;
    }
    switch (r.event) {
        case protocol::slot_event::ready:
            return r.step == 0 && fds == 2;
        case protocol::slot_event::finished:
            return r.step == 0 && (fds == 0 || fds == 2) && is_end(r.wait_status) &&
                   (r.has_artefacts == 0 || r.collect_errno == 0);
        case protocol::slot_event::failed:
            return r.step != 0 && (fds == 0 || fds == 2);
    }
    return false;
}

bool is_valid(const protocol::init_event& e, long size, std::size_t fds) {
    if (!has_head(e, size) || !is_step(e.step) || !is_between(e.error_number, 0, highest_errno) ||
        !is_between(e.wall_us, 0, longest_us) || !is_between(e.max_rss_bytes, 0, most_bytes) ||
        !is_between(e.own_cpu_us, 0, longest_us)) {
        return false;
    }
    switch (e.kind) {
        case protocol::init_event_kind::collected:
            return fds == 0;
        case protocol::init_event_kind::ended:
            return fds == 0 && is_end(e.wait_status) && e.fork_failed <= 1;
        case protocol::init_event_kind::failed:
            return fds == 0 && e.step != 0;
        case protocol::init_event_kind::waits:
            return fds == 0;
    }
    return false;
}

}  // namespace sluice::sandbox
