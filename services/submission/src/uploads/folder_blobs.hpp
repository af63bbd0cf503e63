// Blobs as files: <folder>/3f/<id>, while they come <folder>/incoming/<id>. Instances that share
// the folder share the blobs, because names are random. Files are written and read on threads.
#pragma once

#include "upload_ports.hpp"

#include "sluice/runtime/blocking_pool.hpp"

namespace sluice::submission {

class folder_blobs final : public blob_store {
public:
    // `pool` outlives this and every writer.
    folder_blobs(std::string folder, runtime::blocking_pool& pool)
        : folder_(std::move(folder)), pool_(pool) {}

    awaitable<result<std::unique_ptr<blob_writer>>> create(uuid blob) override;
    awaitable<result<std::string>> read(uuid blob, std::int64_t offset, std::size_t size) override;
    awaitable<result<void>> remove(uuid blob) override;

private:
    std::string path_of(uuid blob) const;
    std::string incoming_path_of(uuid blob) const;

    std::string folder_;
    runtime::blocking_pool& pool_;
};

}  // namespace sluice::submission
