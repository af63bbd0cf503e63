// The manager learns the process's pid from the credentials of its first message, which the kernel
// translates: only so can it place the process on its own processor (placement.hpp). The message
// wakes nobody, since nobody waits for this sandbox yet.
#include "early_job.hpp"

#include "capabilities.hpp"
#include "clock_us.hpp"
#include "trace.hpp"
#include "walls.hpp"

namespace sluice::sandbox {

namespace {

// With what take_job_ids() has left in the permitted set.
step_error resize(box_size wanted) {
    if (const step_error e = use_permitted_capabilities(setup_step::resize_box)) return e;
    return resize_box(wanted);
}

}  // namespace

pid_t early_job::start(job_spec& spec) {
    const job_spec blank = spec;
    spec.orders = this;
    const pid_t job = start_job(spec);
    if (has_command_ && is_runtime()) {
        // What goes wrong with a runtime is nobody's failure: the run starts cold.
        warm_.adopt(job);
        command_.message.close_fds();
        has_command_ = false;
        spec = blank;
        at("init.runtime_started");
        return -1;
    }
    spec.orders = nullptr;
    // Killed, or no room for it yet: then it is made when the command is there.
    if (spec.failure.step == setup_step::clone_job && !has_command_) spec.failure = {};
    return job;
}

bool early_job::await(job_spec& spec) {
    protocol::init_event waits;
    waits.kind = protocol::init_event_kind::waits;
    (void)send_struct(control_, waits);
    // Its use so far is nobody's, as init's is.
    const std::int64_t used_us = now_us(CLOCK_PROCESS_CPUTIME_ID);
    board_.prepared_cpu_us += used_us;
    board_.early_cpu_us = used_us;
    at("job.waits");
    spec.failure = receive_command(control_, command_, is_over_);
    has_command_ = !spec.failure && !is_over_;
    const protocol::slot_request& r = command_.request;
    if (!has_command_ || r.how == protocol::interaction::terminal) return false;
    at("job.got_command");
    const box_size wanted{r.disk_bytes, r.inodes};
    if (wanted != expected_ && !is_runtime()) spec.failure = resize(wanted);
    if (!spec.failure && stands(wall::capabilities) && stands(wall::job_uid)) {
        spec.failure = give_up_capabilities(setup_step::take_job_ids);
    }
    if (!spec.failure) spec.failure = unpack_all(command_);
    if (spec.failure) return false;
    if (is_runtime()) return warm_.complete(spec);
    spec.input = r.has_stdin != 0 ? command_.message.fds()[0] : input_;
    at("job.unpacked");
    board_.started_us = now_us(CLOCK_MONOTONIC);
    return true;
}

}  // namespace sluice::sandbox
