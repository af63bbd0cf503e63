// Blobs as objects of an S3-compatible server, over libcurl, which signs (SigV4). What comes is
// spooled into a file without a name first: so its hash is known when the object is put, a client's
// pace is not the server's, and nothing of a broken upload arrives there. Reading asks for ranges.
#pragma once

#include "s3_request.hpp"
#include "upload_ports.hpp"

#include "sluice/runtime/blocking_pool.hpp"

#include <memory>
#include <string>

namespace sluice::submission {

class s3_handles;
class spool_file;

class s3_blobs final : public blob_store {
public:
    // `pool` outlives this and every writer.
    s3_blobs(s3_section c, std::string spool_folder, runtime::blocking_pool& pool);
    ~s3_blobs() override;

    awaitable<result<std::unique_ptr<blob_writer>>> create(uuid blob) override;
    awaitable<result<std::string>> read(uuid blob, std::int64_t offset, std::size_t size) override;
    awaitable<result<void>> remove(uuid blob) override;

    awaitable<result<void>> put(uuid blob, const spool_file& file, blob_facts facts);

private:
    s3_section config_;
    std::string spool_folder_;
    runtime::blocking_pool& pool_;
    std::unique_ptr<s3_handles> handles_;
};

}  // namespace sluice::submission
