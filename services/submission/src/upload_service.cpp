// See upload_service.hpp.
#include "upload_service.hpp"

#include "uploads/folder_blobs.hpp"
#include "uploads/s3_blobs.hpp"

namespace sluice::submission {
namespace {

std::unique_ptr<blob_store> make_blobs(const uploads_section& c, runtime::blocking_pool& pool) {
    if (c.storage == "s3") return std::make_unique<s3_blobs>(c.s3, c.folder, pool);
    return std::make_unique<folder_blobs>(c.folder, pool);
}

upload_rules upload_rules_of(const uploads_section& c) {
    return {c.max_bytes.value, c.timeout, static_cast<std::size_t>(c.max_running)};
}

}  // namespace

upload_service::upload_service(
    asio::any_io_executor executor,
    postgres::pool& pool,
    const clock& time,
    const uploads_section& c
)
    : threads_(static_cast<std::size_t>(c.threads))
    , unpacking_(1)
    , blobs_(make_blobs(c, threads_))
    , rows_(pool)
    , ports_{rows_, *blobs_, time, upload_rules_of(c)}
    , system_a_(pool)
    , sweeper_(executor, ports_, c.sweep_interval) {}

void upload_service::change(const uploads_section& c) {
    ports_.rules = upload_rules_of(c);
}

}  // namespace sluice::submission
