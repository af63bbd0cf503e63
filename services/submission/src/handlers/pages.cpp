// See pages.hpp.
#include "pages.hpp"

namespace sluice::submission {

rejection foreign_cursor() {
    return wrong_field("cursor", "is not one of ours", "the next_cursor of an earlier page");
}

}  // namespace sluice::submission
