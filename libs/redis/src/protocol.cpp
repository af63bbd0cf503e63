// See protocol.hpp.
#include "protocol.hpp"

#include "sluice/core/assert.hpp"

namespace sluice::redis {
namespace {

// Answers that pass when the server has recovered or another node has taken over.
error to_error(std::string_view text) {
    for (const char* prefix : {"LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY"}) {
        if (text.starts_with(prefix)) return fail(errc::unavailable, std::string(text));
    }
    return fail(errc::refused, std::string(text));
}

// An error inside an array (of EXEC) makes the whole an error: nobody has to look for it.
result<reply> convert(const redisReply& from) {
    reply to;
    switch (from.type) {
        case REDIS_REPLY_ERROR:
            return to_error({from.str, from.len});
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            to.type = reply::kind::text;
            to.text.assign(from.str, from.len);
            break;
        case REDIS_REPLY_INTEGER:
            to.type = reply::kind::integer;
            to.integer = from.integer;
            break;
        case REDIS_REPLY_ARRAY:
            to.type = reply::kind::array;
            to.items.reserve(from.elements);
            for (std::size_t i = 0; i < from.elements; ++i) {
                auto item = convert(*from.element[i]);
                if (!item) return item.error();
                to.items.push_back(std::move(*item));
            }
            break;
        default:
            break;  // nil
    }
    return to;
}

}  // namespace

void append_command(std::string& out, const std::vector<std::string>& arguments) {
    SLUICE_ASSERT(!arguments.empty());
    std::vector<const char*> values;
    std::vector<std::size_t> sizes;
    for (const auto& a : arguments) {
        values.push_back(a.data());
        sizes.push_back(a.size());
    }
    sds text = nullptr;
    const int size = redisFormatSdsCommandArgv(
        &text,
        static_cast<int>(values.size()),
        values.data(),
        sizes.data()
    );
    SLUICE_ASSERT(size > 0);
    out.append(text, static_cast<std::size_t>(size));
    redisFreeSdsCommand(text);
}

parser::parser() : reader_(redisReaderCreate()) {
    SLUICE_ASSERT(reader_ != nullptr);
}

void parser::feed(const char* data, std::size_t size) {
    redisReaderFeed(reader_.get(), data, size);
}

result<void> parser::take(std::vector<result<reply>>& answers) {
    for (;;) {
        void* raw = nullptr;
        if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
            return fail(errc::io, std::string("not Redis' protocol: ") + reader_->errstr);
        }
        if (!raw) return {};
        const std::unique_ptr<redisReply, decltype(&freeReplyObject)> owned(
            static_cast<redisReply*>(raw),
            freeReplyObject
        );
        answers.push_back(convert(*owned));
    }
}

}  // namespace sluice::redis
