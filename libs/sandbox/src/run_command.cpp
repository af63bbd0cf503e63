// See run_command.hpp.
#include "run_command.hpp"

#include "unpack.hpp"

#include <sys/fsuid.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>

namespace sluice::sandbox {

step_error receive_command(int control, received_command& command, bool& is_over) {
    const long size =
        command.message.receive(control, std::as_writable_bytes(std::span(command.buffer)));
    is_over = size == 0;
    if (is_over) return {};
    if (size < static_cast<long>(sizeof command.request)) {
        return {setup_step::receive_command, size < 0 ? errno : EBADMSG};
    }
    std::memcpy(&command.request, command.buffer.data(), sizeof command.request);
    const std::span<char> text = std::span(command.buffer)
                                     .subspan(
                                         sizeof command.request,
                                         static_cast<std::size_t>(size) - sizeof command.request
                                     );
    if (implausible_field(command.request) != nullptr ||
        !parse_command(command.request, text, command.view) ||
        command.message.fd_count() != command.request.pack_count + command.request.has_stdin +
                                          command.request.fork_fds +
                                          (is_interactive(command.request) ? 1U : 0U)) {
        return {setup_step::receive_command, EBADMSG};
    }
    return {};
}

step_error unpack_all(const received_command& command) {
    if (command.request.pack_count == 0 && command.request.has_collect == 0) return {};
    const bool is_other = ::geteuid() != protocol::job_uid;
    if (is_other) {
        ::setfsgid(protocol::job_uid);
        ::setfsuid(protocol::job_uid);
    }
    step_error e{};
    for (std::size_t i = 0; !e && i < command.request.pack_count; ++i) {
        e = unpack_pack(command.message.fds()[command.request.has_stdin + i]);
    }
    if (!e && command.request.has_collect != 0) e = make_box_folder(command.view.collect_folder);
    if (is_other) {
        ::setfsuid(::geteuid());
        ::setfsgid(::getegid());
    }
    return e;
}

}  // namespace sluice::sandbox
