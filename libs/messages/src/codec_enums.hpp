// The enums of outcomes and their like, domain and proto, mapped both ways by total switches; tests
// walk both.
#pragma once

#include "sluice/domain/submission.hpp"
#include "sluice/v1/events.pb.h"
#include "sluice/v1/verdict.pb.h"

#include <optional>

namespace sluice::messages {

v1::Status to_proto(domain::status s);
v1::LimitKind to_proto(domain::limit_kind k);
v1::ProgressKind to_proto(domain::progress_kind k);
v1::MatchMode to_proto(domain::match_mode m);
// nullopt for UNSPECIFIED and for values that this version does not know.
std::optional<domain::status> to_domain(v1::Status s);
std::optional<domain::limit_kind> to_domain(v1::LimitKind k);
std::optional<domain::progress_kind> to_domain(v1::ProgressKind k);
std::optional<domain::match_mode> to_domain(v1::MatchMode m);

}  // namespace sluice::messages
