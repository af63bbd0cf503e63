// sluice-execution: takes tasks, runs them in sandboxes, publishes results.
#include "app.hpp"

int main(int argc, char** argv) {
    sluice::execution::config settings;
    std::optional<sluice::execution::started_process> process;
    return sluice::runtime::run_service(
        argc,
        argv,
        sluice::execution::make_definition(settings, process)
    );
}
