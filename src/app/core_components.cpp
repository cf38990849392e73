#include "app/core_components.h"

#include <unistd.h>

namespace orrery::app {

Task<> DataFolderComponent::start(lifecycle::Context context) {
  context.doing("taking the lock of " + folder_);
  auto lock = FolderLock::take(folder_);
  if (!lock) co_return fail(std::move(lock).error());
  lock_ = std::move(*lock);
  co_return Result<>{};
}

Task<> LogComponent::start(lifecycle::Context) {
  const auto& settings = configuration_.settings();
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const bool human = settings.log.format == config::LogFormat::human ||
                     (settings.log.format == config::LogFormat::automatic && terminal);
  observe::Log::Options options{.level = settings.log.level,
                                .format = human ? observe::Format::human : observe::Format::json,
                                .file = {}};
  if (settings.log.file) options.file = folder_ + "/logs/orrery.log";
  log_ = std::make_unique<observe::Log>(journal_, std::move(options),
                                        observe::Redactor{config::secrets_of(settings)});
  co_return Result<>{};
}

Task<> OwnersComponent::start(lifecycle::Context context) {
  const auto& owner = configuration_.settings().owner;
  context.journal().write(Level::debug, "app", "owners resolved",
                          {{"owners", static_cast<std::int64_t>(owner.ids.size())},
                           {"sysadmins", static_cast<std::int64_t>(owner.sysadmins.size())}});
  co_return Result<>{};
}

Task<> HttpComponent::start(lifecycle::Context context) {
  const auto& http = configuration_.settings().http;
  const net::ServerLimits limits{.connections = static_cast<std::size_t>(http.max_connections),
                                 .read = http.read_timeout};
  server_ = std::make_unique<net::HttpServer>(
      handler_, limits, net::HttpServer::Environment{control_, context.clock(), context.journal()});
  context.doing(fmt::format("listening on {}:{}", http.host, http.port));
  const auto port = server_->listen_tcp(http.host, http.port);
  if (!port) co_return fail(port.error());
  if (auto local = server_->listen_local(socket_); !local) co_return local;
  context.journal().write(Level::info, "net", "listening",
                          {{"host", http.host}, {"port", std::int64_t{*port}}});
  on_listening_(*port);
  co_return Result<>{};
}

Task<> HttpComponent::stop(lifecycle::Context context, lifecycle::Outcome) {
  if (!server_) co_return Result<>{};
  ::unlink(socket_.c_str());
  auto stopping = server_->stop(context.clock().now() + std::chrono::seconds{1});
  co_await std::move(stopping);
  co_return Result<>{};
}

}  // namespace orrery::app
