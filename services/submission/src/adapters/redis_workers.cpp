// A worker whose announcement expired is gone, also when its id is still in the index.
#include "redis_workers.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/messages/topology.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr std::chrono::seconds keeps{2};

void merge(worker_knowledge& into, const domain::language_availability& found) {
    const auto same = [&found](const auto& known) { return known.id == found.id; };
    const auto known = std::find_if(into.languages.begin(), into.languages.end(), same);
    if (known == into.languages.end()) {
        into.languages.push_back(found);
    } else if (!known->is_available && found.is_available) {
        *known = found;
    }
}

}  // namespace

worker_knowledge combine_reports(const std::vector<std::string>& reports) {
    worker_knowledge out;
    for (const std::string& text : reports) {
        const auto report = messages::decode_worker_report(text);
        if (!report) continue;
        out.is_known = true;
        out.slots += report->slots;
        for (const auto& language : report->languages)
            merge(out, language);
    }
    return out;
}

awaitable<worker_knowledge> redis_workers::fresh() {
    const steady_time now = time_.steady();
    // That nobody is there is not kept: the first worker is noticed at once.
    const bool is_kept = known_.is_known && read_at_ && now - *read_at_ < keeps;
    if (is_kept) co_return known_;
    read_at_ = now;  // before the wait: others take the old answer instead of asking as well
    const auto reports = co_await read_reports();
    // Redis away means that nothing is known, and so nothing is refused.
    known_ = reports ? combine_reports(*reports) : worker_knowledge{};
    co_return known_;
}

awaitable<result<std::vector<std::string>>> redis_workers::read_reports() {
    std::vector<std::string> query;
    query.emplace_back("ZRANGEBYSCORE");
    query.push_back(messages::keys::instance_index("execution"));
    query.push_back(std::to_string(unix_ms(time_.now())));
    query.emplace_back("+inf");
    const auto ids = co_await client_.command(std::move(query));
    if (!ids) co_return ids.error();
    std::vector<std::vector<std::string>> gets;
    for (const auto& id : ids->items) {
        std::vector<std::string> get;
        get.emplace_back("GET");
        get.push_back(messages::keys::instance("execution", id.text));
        gets.push_back(std::move(get));
    }
    std::vector<std::string> texts;
    if (gets.empty()) co_return texts;
    const auto answers = co_await client_.pipeline(std::move(gets));
    for (const auto& answer : answers) {
        if (answer && !answer->is_nil()) texts.push_back(answer->text);
    }
    co_return texts;
}

}  // namespace sluice::submission
