#include "app/core_components.h"

#include <unistd.h>

namespace orrery::app {

Task<> DataFolderComponent::start(lifecycle::Context context) {
  context.doing("taking the lock of " + folder_);
  auto lock = FolderLock::take(folder_, succession_.before().lock);
  if (!lock) co_return fail(std::move(lock).error());
  lock_ = std::move(*lock);
  co_return Result<>{};
}

Task<> DataFolderComponent::stop(lifecycle::Context, lifecycle::Outcome) {
  if (auto* successor = succession_.successor()) successor->lock = lock_.keep();
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
                                        observe::Redactor{config::secrets_of(settings)}, tail_);
  co_return Result<>{};
}

Task<> OwnersComponent::start(lifecycle::Context context) {
  const auto& owner = configuration_.settings().owner;
  context.journal().write(Level::debug, "app", "owners resolved",
                          {{"owners", static_cast<std::int64_t>(owner.ids.size())},
                           {"sysadmins", static_cast<std::int64_t>(owner.sysadmins.size())}});
  co_return Result<>{};
}

Result<std::uint16_t> HttpComponent::listen_tcp() {
  const auto& http = configuration_.settings().http;
  std::optional<std::uint16_t> port;
  for (const auto& listener : succession_.listeners_for(http.host, http.port)) {
    auto adopted = server_->adopt(listener);
    if (!adopted) return adopted;
    port = port.value_or(*adopted);
  }
  succession_.drop_misfits(http.host, http.port);
  return port ? Result<std::uint16_t>{*port} : server_->listen_tcp(http.host, http.port);
}

Result<> HttpComponent::listen_control() {
  const auto listener = succession_.control_listener();
  if (!listener) return server_->listen_local(socket_);
  const auto adopted = server_->adopt(*listener);
  return adopted ? Result<>{} : Result<>{fail(adopted.error())};
}

Task<> HttpComponent::start(lifecycle::Context context) {
  const auto& http = configuration_.settings().http;
  const net::ServerLimits limits{.connections = static_cast<std::size_t>(http.max_connections),
                                 .read = http.read_timeout};
  server_ = std::make_unique<net::HttpServer>(
      handler_, limits, net::HttpServer::Environment{control_, context.clock(), context.journal()});
  context.doing(fmt::format("listening on {}:{}", http.host, http.port));
  const auto port = listen_tcp();
  if (!port) co_return fail(port.error());
  if (auto local = listen_control(); !local) co_return local;
  context.journal().write(Level::info, "net", "listening",
                          {{"host", http.host}, {"port", std::int64_t{*port}}});
  on_listening_(*port);
  for (auto& connection : succession_.take_connections()) server_->adopt(std::move(connection));
  co_return Result<>{};
}

Task<> HttpComponent::stop(lifecycle::Context context, lifecycle::Outcome) {
  if (!server_) co_return Result<>{};
  if (succession_.successor() != nullptr) {
    // Answers under way may take most of the budget: nobody is refused meanwhile, only kept
    // waiting.
    auto leaving = server_->hand_over(context.deadline() - std::chrono::milliseconds{500});
    auto sockets = co_await std::move(leaving);
    if (auto* successor = succession_.successor()) {
      successor->sockets = std::move(sockets);
      co_return Result<>{};
    }
    net::close_all(sockets);  // a stop has come meanwhile: nobody follows
    ::unlink(socket_.c_str());
    co_return Result<>{};
  }
  // To a program that we may yet go back to, the socket must keep its name.
  if (!succession_.may_go_back()) ::unlink(socket_.c_str());
  auto stopping = server_->stop(context.clock().now() + std::chrono::seconds{1});
  co_await std::move(stopping);
  co_return Result<>{};
}

}  // namespace orrery::app
