// What people wrote must not become markup.
#include "sluice/core/html_text.hpp"

#include <catch2/catch.hpp>

namespace sluice {

TEST_CASE("nothing that is escaped ends a tag, an attribute or a text") {
    CHECK(
        html_escaped("<a href=\"x\" id='y'>&</a>") ==
        "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/a&gt;"
    );
    CHECK(
        html_escaped(std::string_view("a\0b", 3)) ==
        "a\xef\xbf\xbd"
        "b"
    );
    CHECK(html_escaped("Grüße") == "Grüße");
}

}  // namespace sluice
