// What the older cloud job service knows beside our uploads and submissions: inputs, whether an
// upload may run, and jobs with whole numbers.
#pragma once

#include "../ports.hpp"
#include "../uploads/upload_ports.hpp"

#include "sluice/domain/submission.hpp"
#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

struct system_a_upload {
    std::int64_t number = 0;
    std::string email;  // the user id of somebody without an address
    std::string inputs;
    std::string language;
    bool is_enable = true;
};

struct system_a_job {
    std::int64_t id = 0;
    std::int64_t upload = 0;
    std::optional<domain::run_result> result;
    std::optional<wall_time> done_at;
};

class system_a_store {
public:
    explicit system_a_store(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<void>> set_inputs(uuid upload, std::string inputs);
    awaitable<result<std::string>> inputs(uuid upload);
    // Newest first, as many as a page of people reads.
    awaitable<result<std::vector<system_a_upload>>> uploads(user_id owner);
    awaitable<result<std::vector<system_a_job>>> jobs(user_id owner);

private:
    postgres::pool& pool_;
};

// Written in the transaction that accepts the submission: its id; nullopt: the upload has run and
// was not enabled again.
awaitable<result<std::optional<std::int64_t>>>
insert_upload_job(postgres::transaction& tx, upload_job job, const domain::task& task);

}  // namespace sluice::submission
