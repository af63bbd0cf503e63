// A file that is written once, from its beginning, and hashed while it is. All calls block.
#pragma once

#include "upload_ports.hpp"

#include "sluice/runtime/unique_fd.hpp"

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace sluice::submission {

class spool_file {
public:
    // Makes it, and the folders above it. Throws std::system_error, as every call here does.
    explicit spool_file(std::string path);
    ~spool_file();  // removes it, unless it was moved
    spool_file(const spool_file&) = delete;
    spool_file& operator=(const spool_file&) = delete;

    void write(const std::string& bytes);
    // The hash is complete from here on.
    blob_facts close_hash();
    // Safe under its other name, in whose folder's entry it then stands for good.
    void move_to(const std::string& path);
    // The descriptor lives on without a name.
    void unlink();
    int descriptor() const { return fd_.get(); }

private:
    struct digest_free {
        void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
    };
    std::string path_;
    unique_fd fd_;
    std::unique_ptr<EVP_MD_CTX, digest_free> digest_;
    std::int64_t size_ = 0;
};

std::string file_message(const std::system_error& e);

}  // namespace sluice::submission
