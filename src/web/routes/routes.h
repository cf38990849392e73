// Every route there is, by the file that holds it. A new one is added to its file and nowhere else.
#pragma once

#include "observe/metrics.h"
#include "platforms/webchat/control.h"
#include "web/accounts.h"
#include "web/router.h"

namespace orrery::web {

// /livez /readyz /startupz /
void add_probe_routes(Router& router, RuntimeControl& runtime);
// /metrics
void add_metrics_routes(Router& router, RuntimeControl& runtime, observe::Metrics& metrics);
// /api/stat/* /api/runtime/*
void add_runtime_routes(Router& router, RuntimeControl& runtime);
// /api/auth/*
void add_auth_routes(Router& router, Accounts& accounts, RuntimeControl& runtime,
                     async::Clock& clock);
// /api/users
void add_user_routes(Router& router, Accounts& accounts, RuntimeControl& runtime);
// /api/log/level
void add_log_routes(Router& router, RuntimeControl& runtime);
// /api/chat/ws
void add_chat_routes(Router& router, platforms::webchat::Door& door);

}  // namespace orrery::web
