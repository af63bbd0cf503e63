// Runs an upload: its bytes become the program of a submission, which is then accepted like any
// other.
#pragma once

#include "../uploads/upload_ports.hpp"
#include "accept_submission.hpp"

#include "sluice/runtime/blocking_pool.hpp"

namespace sluice::submission {

struct upload_execution {
    submit_command command;  // everything but the program
    std::string main_file;   // of an archive; empty: the usual one of the language
};

awaitable<outcome<accepted_submission>> execute_upload(
    observe::context ctx,
    ports& p,
    upload_ports& uploads,
    runtime::blocking_pool& pool,
    upload what,
    upload_execution how
);

// The blob, whole; 422 when it is larger than a program may be.
awaitable<outcome<std::string>>
read_program(observe::context ctx, upload_ports& uploads, upload what);

}  // namespace sluice::submission
