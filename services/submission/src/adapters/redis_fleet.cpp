// Answers are heard before an order is sent, so none is missed; who does not answer in time is
// silent, and the order stays in the stream for it.
#include "redis_fleet.hpp"

#include "sluice/messages/topology.hpp"

#include <algorithm>
#include <set>

namespace sluice::submission {
namespace {

namespace keys = messages::keys;

constexpr std::chrono::milliseconds patience{2000};
// Orders are given by people; more than this at once is a mistake.
constexpr std::size_t most_pending = 64;

}  // namespace

bool is_service(std::string_view name) {
    return std::ranges::find(service_names, name) != service_names.end();
}

struct redis_fleet::pending {
    explicit pending(asio::any_io_executor executor) : complete(std::move(executor)) {}
    std::vector<instance_ref> missing;
    std::vector<fleet::answer> answers;
    runtime::event complete;
};

class redis_fleet::registration {
public:
    registration(redis_fleet& owner, std::string id, std::shared_ptr<pending> p)
        : owner_(owner), id_(std::move(id)) {
        owner_.pending_[id_] = std::move(p);
    }
    ~registration() { owner_.pending_.erase(id_); }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;

private:
    redis_fleet& owner_;
    std::string id_;
};

redis_fleet::redis_fleet(
    asio::any_io_executor executor,
    redis::client& client,
    redis::config config,
    const clock& time
)
    : executor_(executor)
    , client_(client)
    , time_(time)
    , answers_(
          executor,
          "answers",
          std::move(config),
          [this](std::string_view, std::string_view payload) { on_answer(payload); },
          [] {}
      ) {}

awaitable<result<void>> redis_fleet::connect(deadline until) {
    co_return co_await answers_.connect(until);
}

awaitable<void> redis_fleet::close() {
    co_await answers_.close();
}

void redis_fleet::on_answer(std::string_view payload) {
    auto a = fleet::decode_answer(payload);
    if (!a) return;
    const auto found = pending_.find(a->order);
    if (found == pending_.end()) return;
    pending& p = *found->second;
    const auto removed = std::erase_if(p.missing, [&a](const instance_ref& ref) {
        return ref.service == a->service && ref.id == a->instance;
    });
    if (removed == 0) return;  // nobody asked it
    p.answers.push_back(std::move(*a));
    if (p.missing.empty()) p.complete.set();
}

awaitable<result<void>> redis_fleet::hear_answers() {
    for (const std::string_view service : service_names) {
        auto heard = co_await answers_.subscribe(keys::admin_answers(service));
        if (!heard) co_return heard.error();
    }
    co_return result<void>();
}

awaitable<result<std::vector<live_instance>>> redis_fleet::live() {
    const std::string now = std::to_string(unix_ms(time_.now()));
    std::vector<live_instance> all;
    for (const std::string_view service : service_names) {
        std::vector<std::string> ask{"ZRANGEBYSCORE", keys::instance_index(service), now, "+inf"};
        const auto ids = co_await client_.command(std::move(ask));
        if (!ids) co_return ids.error();
        std::vector<std::vector<std::string>> gets;
        for (const auto& id : ids->items)
            gets.push_back({"GET", keys::instance(service, id.text)});
        if (gets.empty()) continue;
        const auto reports = co_await client_.pipeline(std::move(gets));
        for (std::size_t i = 0; i < reports.size(); ++i) {
            if (!reports[i] || reports[i]->is_nil()) continue;
            instance_ref ref{std::string(service), ids->items[i].text};
            all.push_back({std::move(ref), reports[i]->text});
        }
    }
    co_return all;
}

awaitable<result<told>> redis_fleet::tell(fleet::order o, std::vector<instance_ref> whom) {
    if (pending_.size() >= most_pending)
        co_return fail(errc::overloaded, "too many orders at once");
    if (auto heard = co_await hear_answers(); !heard) co_return heard.error();
    if (o.id.empty()) o.id = uuid::random_v4().to_string();
    auto p = std::make_shared<pending>(executor_);
    p->missing = whom;
    const registration here(*this, o.id, p);
    const std::string text = fleet::encode(o);
    std::set<std::string> services;
    for (const auto& ref : whom)
        services.insert(ref.service);
    std::vector<std::vector<std::string>> commands;
    for (const auto& service : services) {
        const std::string stream = keys::admin_commands(service);
        commands.push_back(
            {"XADD", stream, "MAXLEN", "~", std::to_string(fleet::kept_orders), "*", "m", text}
        );
        commands.push_back({"PUBLISH", stream, ""});
    }
    if (commands.empty()) co_return told{};
    const auto sent = co_await client_.pipeline(std::move(commands));
    for (const auto& each : sent) {
        if (!each) co_return each.error();
    }
    const auto all = co_await p->complete.wait(deadline::in(patience));
    if (!all && !(all.error() == errc::timeout)) co_return all.error();
    told out;
    out.answers = std::move(p->answers);
    out.silent = std::move(p->missing);
    co_return out;
}

awaitable<result<void>>
redis_fleet::show_settings(std::string service, runtime::setting_overrides values) {
    std::vector<std::string> set{
        "SET",
        keys::admin_settings(service),
        fleet::encode_values(values)};
    const auto done = co_await client_.command(std::move(set));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
