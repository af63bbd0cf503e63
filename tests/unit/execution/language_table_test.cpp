// The catalogue with what the machine has of it.
#include "language_table.hpp"

#include "fakes.hpp"

#include <catch2/catch.hpp>

using namespace sluice::execution;

TEST_CASE("a language is found by id and by alias") {
    const language_table table = fakes::two_languages();
    REQUIRE(table.find("python").language != nullptr);
    CHECK(table.find("python").language->id == "python3");
    CHECK(table.find("python3").availability.version == "3.11.2");
    CHECK(table.find("pascal").language == nullptr);
}

TEST_CASE("a language nobody looked for is unavailable") {
    sluice::domain::language l;
    l.id = "go";
    const language_table table({l}, {});
    CHECK_FALSE(table.find("go").availability.is_available);
    CHECK(table.available_count() == 0);
}

TEST_CASE("the doctor's table names the missing package") {
    const std::string text = fakes::two_languages().to_text();
    CHECK(text.find("[ok]      python3") != std::string::npos);
    CHECK(text.find("[missing] cobol") != std::string::npos);
    CHECK(text.find("gnucobol") != std::string::npos);
}

TEST_CASE("paths below another path are left out") {
    const std::vector<std::string> kept =
        without_nested({"/usr/lib", "/usr", "/usr-x", "/etc/java", "/usr/", "/etc/java/sub"});
    CHECK(kept == std::vector<std::string>{"/etc/java", "/usr", "/usr-x"});
}
