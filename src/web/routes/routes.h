// Every route there is, by the file that holds it. A new one is added to its file and nowhere else.
#pragma once

#include "chat/back_office.h"
#include "observe/metrics.h"
#include "platforms/webchat/control.h"
#include "storage/restoration.h"
#include "web/accounts.h"
#include "web/live.h"
#include "web/router.h"
#include "web/starts.h"

namespace orrery::web {

// /livez /readyz /startupz
void add_probe_routes(Router& router, RuntimeControl& runtime);
// /metrics
void add_metrics_routes(Router& router, RuntimeControl& runtime, observe::Metrics& metrics);
// /api/stat/* /api/runtime/*
void add_runtime_routes(Router& router, RuntimeControl& runtime, const Starts& starts,
                        const History& history);
// /api/runtime/events
void add_live_routes(Router& router, Live& live, const Authenticator& accounts);
// /api/config*
void add_config_routes(Router& router, RuntimeControl& runtime);
// /api/runtime/support-bundle
void add_support_routes(Router& router, RuntimeControl& runtime, const observe::LogTail& tail,
                        const Starts& starts);
// The dashboard: its pages and their files
void add_static_routes(Router& router);
// /api/auth/*
void add_auth_routes(Router& router, Accounts& accounts, RuntimeControl& runtime,
                     async::Clock& clock);
// /api/users
void add_user_routes(Router& router, Accounts& accounts, RuntimeControl& runtime,
                     async::Clock& clock);
// /api/keys
void add_key_routes(Router& router, Accounts& accounts);
// /api/log/*
void add_log_routes(Router& router, RuntimeControl& runtime, const observe::LogTail& tail);
// /api/commands*
void add_command_routes(Router& router, chat::BackOffice& office, async::Clock& clock);
// /api/permissions* /api/guild* /api/audit /api/maintenance
void add_guild_routes(Router& router, chat::BackOffice& office, async::Clock& clock);
// /api/database*
using MakeUpkeep = std::function<Result<std::unique_ptr<storage::Upkeep>>()>;
void add_database_routes(Router& router, RuntimeControl& runtime, MakeUpkeep make,
                         storage::Restoration& restoration, async::Clock& clock);
// /api/chat/ws
void add_chat_routes(Router& router, platforms::webchat::Door& door);

}  // namespace orrery::web
