// One upload while it comes: announced, written, stored. Broken off at any point it leaves nothing
// that the sweeper does not find.
#pragma once

#include "../rejection.hpp"
#include "upload_ports.hpp"

#include "sluice/observe/context.hpp"

#include <memory>
#include <string>

namespace sluice::submission {

class upload_intake {
public:
    upload_intake(observe::context ctx, upload_ports& p, quota_subject who);
    ~upload_intake();
    upload_intake(const upload_intake&) = delete;
    upload_intake& operator=(const upload_intake&) = delete;

    // 503 when too many come at a time; 429 when nothing more of this user, or of his key, is
    // stored.
    awaitable<outcome<void>> begin();
    bool has_begun() const { return writer_ != nullptr; }
    // 413 above the limit of one upload, 429 above what the user, or his key, may store.
    awaitable<outcome<void>> write(std::string bytes);
    // `described`: name, content type, language. Once this returns a value the upload is
    // there, bytes and row.
    awaitable<outcome<upload>> keep(upload described);
    // It will not be kept.
    awaitable<void> abandon();

private:
    outcome<void> within_quotas(std::int64_t bytes) const;

    observe::context ctx_;
    upload_ports& ports_;
    quota_subject who_;
    uuid blob_;
    std::vector<quota_state> stored_;  // when it began
    std::unique_ptr<blob_writer> writer_;
    std::int64_t written_ = 0;
    bool is_counted_ = false;
};

rejection upload_too_large(std::int64_t max_bytes);
// The place of the bytes did not answer: logged here, 503 for the client.
rejection blobs_away(const observe::context& ctx, const error& e);
rejection unknown_upload();

}  // namespace sluice::submission
