// See history_service.hpp.
#include "history_service.hpp"

namespace sluice::submission {
namespace {

retention_rules retention_rules_of(const history_section& c) {
    return {c.keep_days, c.keep_count, c.partition_days, c.sweep_interval};
}

}  // namespace

history_service::history_service(
    asio::any_io_executor executor,
    postgres::pool& pool,
    redis::client& redis,
    amqp::publisher& publisher,
    const clock& time,
    const config& c
)
    : full_text_(c.history.full_text)
    , cache_settings_(c.cache)
    , store_(pool)
    , copies_(redis)
    , cached_(redis)
    , texts_(redis)
    , results_(publisher, c.rabbitmq.queues, c.outbox.confirm_timeout)
    , keeper_(executor, store_, copies_, time, retention_rules_of(c.history)) {}

history_ports history_service::ports() {
    return {&store_, &copies_, full_text_, &texts_};
}

cache_ports history_service::cache() {
    if (!cache_settings_.enabled) return {};
    return {&cached_, &results_, cache_settings_.shared};
}

void history_service::change(const history_section& c) {
    keeper_.change(retention_rules_of(c));
}

}  // namespace sluice::submission
