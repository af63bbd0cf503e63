// A runtime (an interpreter, say) that init starts before its command is known. It has the rights
// and the limits of a program, serves one run and can be given up at any time: a run that finds
// none starts cold. It says "r" over descriptor 3 when it waits. Then comes one message, a
// warm_head with the arguments and variables, and the three standard descriptors. It takes them,
// sets its limits, says "t" and is the program from there on.
#pragma once

#include "job.hpp"
#include "small_io.hpp"
#include "step_rlimits.hpp"

#include <sys/types.h>

namespace sluice::sandbox {

struct warm_head {
    std::uint32_t argc, envc;
    job_rlimits limits;
};

class warm_runtime {
public:
    // `spec` is a job's, without descriptors. A failure leaves no runtime.
    void start(job_spec spec, const protocol::slot_request& order);
    // The same for a process that is made already (early_job.hpp): first what its spec lacks, in
    // init's memory and descriptors, then, in init, who it is; -1: it did not become the runtime.
    bool complete(job_spec& spec);
    void adopt(pid_t process);
    bool was_started() const { return process_ > 0; }
    // True when it waits, or does so within three seconds: a start that has begun is seen through.
    bool waits();
    // The process that is the program from now on. -1 when the runtime died, hangs or lies: nothing
    // of it is left, and the run starts cold. With `failure` set it may be running under wrong
    // limits.
    pid_t hand_over(const job_spec& spec, step_error& failure);
    // Ends it, with everything that it left in /box.
    void give_up();
    // Of what was before the program: nobody's processor time, and the largest memory of a runtime
    // that was given up.
    std::int64_t unowned_cpu_us() const { return unowned_cpu_us_; }
    std::int64_t given_up_bytes() const { return given_up_bytes_; }

private:
    bool hears(char expected, int at_most_ms);

    pid_t process_ = -1;
    std::int64_t unowned_cpu_us_ = 0;
    std::int64_t given_up_bytes_ = 0;
    owned_fd control_;
    owned_fd theirs_, null_;  // until it has them
};

}  // namespace sluice::sandbox
