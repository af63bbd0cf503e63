// Each request runs on a thread with a handle of its own; handles are kept, and with them their
// connections. A failed request is not tried again here: the caller's client is, or the sweeper.
#include "s3_blobs.hpp"

#include "blocking_call.hpp"
#include "spool_file.hpp"

#include "sluice/curl/easy.hpp"

#include <unistd.h>

#include <mutex>
#include <vector>

namespace sluice::submission {
namespace {

constexpr std::size_t kept_answer_bytes = 512;  // of an error, for the log

struct s3_answer {
    long status = 0;
    std::string body;
    std::string trouble;
    bool is_late = false;
};

struct s3_sink {
    std::string bytes;
    std::size_t limit = 0;
};

std::size_t take_bytes(char* data, std::size_t one, std::size_t count, void* self) {
    auto& sink = *static_cast<s3_sink*>(self);
    const std::size_t size = one * count;
    if (sink.bytes.size() + size > sink.limit) return 0;  // more than was asked for
    sink.bytes.append(data, size);
    return size;
}

struct s3_source {
    int fd = -1;
    off_t at = 0;
};

std::size_t give_bytes(char* into, std::size_t one, std::size_t count, void* self) {
    auto& source = *static_cast<s3_source*>(self);
    const ssize_t n = ::pread(source.fd, into, one * count, source.at);
    if (n < 0) return CURL_READFUNC_ABORT;
    source.at += n;
    return static_cast<std::size_t>(n);
}

// A request that must be sent again begins anew.
int rewind_source(void* self, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<s3_source*>(self)->at = static_cast<off_t>(offset);
    return CURL_SEEKFUNC_OK;
}

result<void> judge_answer(const s3_answer& a, const char* what) {
    if (a.is_late) return fail(errc::timeout, "S3 " + std::string(what) + ": " + a.trouble);
    if (!a.trouble.empty()) {
        return fail(errc::unavailable, "S3 " + std::string(what) + ": " + a.trouble);
    }
    if (a.status == 404) return fail(errc::not_found, "S3 " + std::string(what));
    if (a.status >= 200 && a.status < 300) return {};
    return fail(
        errc::unavailable,
        "S3 " + std::string(what) + " answered " + std::to_string(a.status) + ": " +
            a.body.substr(0, kept_answer_bytes)
    );
}

}  // namespace

// Handles that nobody uses at the moment.
class s3_handles {
public:
    std::unique_ptr<curl::easy> take() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return std::make_unique<curl::easy>();
        auto handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
    }
    void give_back(std::unique_ptr<curl::easy> handle) {
        handle->reset();
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(handle));
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<curl::easy>> idle_;  // as many as there are threads, at most
};

namespace {

// `prepare` sets what is the method's own.
template <class Prepare>
s3_answer perform_s3(
    s3_handles& handles,
    const s3_section& c,
    const s3_request& q,
    std::size_t max_answer,
    Prepare prepare
) {
    auto handle = handles.take();
    curl::easy& h = *handle;
    s3_sink sink;
    sink.limit = std::max(max_answer, std::size_t{64} << 10);
    h.set_bounds({c.connect_timeout, q.timeout, c.ca_file});
    h.set(CURLOPT_URL, q.url.c_str());
    h.set(CURLOPT_AWS_SIGV4, q.signing.c_str());
    // Keys may hold a colon, so they are never put into one text.
    h.set(CURLOPT_USERNAME, c.access_key.value.c_str());
    h.set(CURLOPT_PASSWORD, c.secret_key.value.c_str());
    for (const std::string& line : q.headers)
        h.add_header(line);
    h.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    h.set(CURLOPT_WRITEFUNCTION, &take_bytes);
    h.set(CURLOPT_WRITEDATA, &sink);
    // Slower than a kibibyte a second is stuck, whatever the whole may take.
    h.set(CURLOPT_LOW_SPEED_LIMIT, 1024L);
    h.set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(c.timeout.count() / 1000 + 1));
    prepare(h);
    s3_answer out;
    const CURLcode code = h.perform();
    out.status = h.status();
    if (code != CURLE_OK) out.trouble = h.failure(code);
    out.is_late = code == CURLE_OPERATION_TIMEDOUT;
    out.body = std::move(sink.bytes);
    handles.give_back(std::move(handle));
    return out;
}

class s3_writer final : public blob_writer {
public:
    s3_writer(
        s3_blobs& store,
        uuid blob,
        std::unique_ptr<spool_file> file,
        runtime::blocking_pool& pool
    )
        : store_(store), blob_(blob), file_(std::move(file)), pool_(pool) {}

    awaitable<result<void>> write(std::string bytes) override {
        std::function<void()> work = [this, &bytes] { file_->write(bytes); };
        co_return co_await call_blocking(pool_, std::move(work));
    }
    awaitable<result<blob_facts>> finish() override {
        const blob_facts facts = file_->close_hash();
        SLUICE_CO_TRY(co_await store_.put(blob_, *file_, facts));
        co_return facts;
    }

private:
    s3_blobs& store_;
    uuid blob_;
    std::unique_ptr<spool_file> file_;
    runtime::blocking_pool& pool_;
};

}  // namespace

s3_blobs::s3_blobs(s3_section c, std::string spool_folder, runtime::blocking_pool& pool)
    : config_(std::move(c))
    , spool_folder_(std::move(spool_folder))
    , pool_(pool)
    , handles_(std::make_unique<s3_handles>()) {}

s3_blobs::~s3_blobs() = default;

awaitable<result<std::unique_ptr<blob_writer>>> s3_blobs::create(uuid blob) {
    std::unique_ptr<spool_file> file;
    std::function<void()> work = [this, &file, &blob] {
        file = std::make_unique<spool_file>(spool_folder_ + "/incoming/" + blob.to_string());
        file->unlink();  // a kill leaves nothing
    };
    SLUICE_CO_TRY(co_await call_blocking(pool_, std::move(work)));
    std::unique_ptr<blob_writer> out =
        std::make_unique<s3_writer>(*this, blob, std::move(file), pool_);
    co_return out;
}

awaitable<result<void>> s3_blobs::put(uuid blob, const spool_file& file, blob_facts facts) {
    s3_answer answer;
    std::function<void()> work = [this, &answer, &blob, &file, &facts] {
        s3_source source;
        source.fd = file.descriptor();
        const auto q = make_s3_request(config_, blob, facts.sha256, facts.size_bytes);
        answer = perform_s3(*handles_, config_, q, 0, [&source, &facts](curl::easy& h) {
            h.set(CURLOPT_UPLOAD, 1L);
            h.set(CURLOPT_READFUNCTION, &give_bytes);
            h.set(CURLOPT_READDATA, &source);
            h.set(CURLOPT_SEEKFUNCTION, &rewind_source);
            h.set(CURLOPT_SEEKDATA, &source);
            h.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(facts.size_bytes));
        });
    };
    SLUICE_CO_TRY(co_await call_blocking(pool_, std::move(work)));
    if (answer.status == 404) co_return fail(errc::unavailable, "S3 put: there is no such bucket");
    co_return judge_answer(answer, "put");
}

awaitable<result<std::string>> s3_blobs::read(uuid blob, std::int64_t offset, std::size_t size) {
    s3_answer answer;
    std::function<void()> work = [this, &answer, &blob, offset, size] {
        const byte_range range{offset, size};
        const auto q = make_s3_request(config_, blob, {}, 0, range);
        answer = perform_s3(*handles_, config_, q, size, [](curl::easy& h) {
            h.set(CURLOPT_HTTPGET, 1L);
        });
    };
    SLUICE_CO_TRY(co_await call_blocking(pool_, std::move(work)));
    // Behind the end of the object, which a read of an empty one is as well.
    if (answer.status == 416) co_return std::string();
    SLUICE_CO_TRY(judge_answer(answer, "get"));
    if (answer.status == 200 && offset > 0) {
        co_return fail(errc::unavailable, "S3 get: the server does not know ranges");
    }
    co_return std::move(answer.body);
}

awaitable<result<void>> s3_blobs::remove(uuid blob) {
    s3_answer answer;
    std::function<void()> work = [this, &answer, &blob] {
        const auto q = make_s3_request(config_, blob, {});
        answer = perform_s3(*handles_, config_, q, 0, [](curl::easy& h) {
            h.set(CURLOPT_CUSTOMREQUEST, "DELETE");
        });
    };
    SLUICE_CO_TRY(co_await call_blocking(pool_, std::move(work)));
    if (answer.status == 404) co_return result<void>();
    co_return judge_answer(answer, "delete");
}

}  // namespace sluice::submission
