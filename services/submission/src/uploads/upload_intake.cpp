// Order: the blob is announced before its first byte is written, and the row takes it over in the
// statement that ends the announcement. So a kill at any point leaves an announcement, which the
// sweeper follows, or an upload that is whole.
#include "upload_intake.hpp"

#include "../use_cases/read_submission.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr int upload_retry_seconds = 5;
// Beyond the longest upload, and beyond the longest put of one to a slow server.
constexpr std::chrono::hours spare_time{6};

}  // namespace

rejection upload_too_large(std::int64_t max_bytes) {
    return reject(
        "payload_too_large",
        "an upload may have at most " + std::to_string(max_bytes) + " bytes"
    );
}

rejection blobs_away(const observe::context& ctx, const error& e) {
    observe::error(ctx, "blob_storage_failed", {{"error", e}});
    return reject(
        "storage_unavailable",
        "the storage of uploads does not answer",
        upload_retry_seconds
    );
}

rejection unknown_upload() {
    return reject("not_found", "no upload of yours has this id");
}

upload_intake::upload_intake(observe::context ctx, upload_ports& p, quota_subject who)
    : ctx_(std::move(ctx)), ports_(p), who_(std::move(who)), blob_(uuid::random_v4()) {}

upload_intake::~upload_intake() {
    if (is_counted_) --ports_.running;
}

outcome<void> upload_intake::within_quotas(std::int64_t bytes) const {
    for (const quota_state& limit : stored_) {
        if (bytes > limit.left()) return quota_exceeded(limit, bytes, ports_.time.now());
    }
    return {};
}

awaitable<outcome<void>> upload_intake::begin() {
    if (ports_.running >= ports_.rules.max_running) {
        co_return reject("overloaded", "too many uploads come at this moment", 1);
    }
    ++ports_.running;
    is_counted_ = true;
    if (ports_.quota != nullptr) stored_ = co_await ports_.quota->stored(who_);
    const auto has_room = within_quotas(1);
    if (!has_room) co_return has_room.error();
    const auto known = co_await ports_.rows.announce(blob_, ports_.rules.timeout + spare_time);
    if (!known) co_return storage_away(ctx_, known.error());
    auto writer = co_await ports_.blobs.create(blob_);
    if (!writer) co_return blobs_away(ctx_, writer.error());
    writer_ = std::move(*writer);
    co_return outcome<void>();
}

awaitable<outcome<void>> upload_intake::write(std::string bytes) {
    written_ += static_cast<std::int64_t>(bytes.size());
    if (written_ > ports_.rules.max_bytes) co_return upload_too_large(ports_.rules.max_bytes);
    const auto has_room = within_quotas(written_);
    if (!has_room) co_return has_room.error();
    const auto done = co_await writer_->write(std::move(bytes));
    if (!done) co_return blobs_away(ctx_, done.error());
    co_return outcome<void>();
}

awaitable<outcome<upload>> upload_intake::keep(upload described) {
    const auto writer = std::move(writer_);  // from here on only the sweeper may forget the blob
    const auto facts = co_await writer->finish();
    if (!facts) co_return blobs_away(ctx_, facts.error());
    described.owner = who_.user;
    described.key_id = who_.key;
    described.created_at = ports_.time.now();
    described.id = uuid::time_v7(unix_ms(described.created_at));
    described.blob = blob_;
    described.size_bytes = facts->size_bytes;
    described.sha256 = facts->sha256;
    const auto number = co_await ports_.rows.insert(described);
    if (!number) co_return storage_away(ctx_, number.error());
    described.number = *number;
    if (ports_.quota != nullptr) ports_.quota->stored_more(who_.user);
    observe::info(
        ctx_,
        "upload_stored",
        {{"upload_id", described.id.to_string()}, {"bytes", described.size_bytes}}
    );
    co_return described;
}

awaitable<void> upload_intake::abandon() {
    if (!writer_) co_return;
    // Until finish() nothing stands under the blob's name.
    writer_.reset();
    const auto forgotten = co_await ports_.rows.forget(blob_);
    if (!forgotten) observe::warn(ctx_, "upload_abandoned", {{"error", forgotten.error()}});
}

}  // namespace sluice::submission
