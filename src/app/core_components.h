// The program's own parts of the core phase.
#pragma once

#include "app/data_folder.h"
#include "app/succession.h"
#include "config/configuration_component.h"
#include "lifecycle/component.h"
#include "net/http_server.h"
#include "observe/log.h"
#include "web/accounts.h"

namespace orrery::app {

// Makes the data folder and keeps a second instance out of it.
class DataFolderComponent final : public lifecycle::Component {
 public:
  DataFolderComponent(std::string folder, Succession& succession)
      : folder_{std::move(folder)}, succession_{succession} {}
  Task<> start(lifecycle::Context) override;
  // To a successor it leaves the lock, so that nobody slips in between.
  Task<> stop(lifecycle::Context context, lifecycle::Outcome start) override;

 private:
  std::string folder_;
  Succession& succession_;
  FolderLock lock_;
};

// Begins the log, which takes what the journal has kept. It goes on to the end of the process, so
// that the last words are written, too.
class LogComponent final : public lifecycle::Component {
 public:
  LogComponent(config::ConfigurationComponent& configuration, DataFolderComponent&,
               Journal& journal, std::string folder, observe::LogTail& tail,
               std::unique_ptr<observe::Log>& log)
      : configuration_{configuration.configuration()},
        journal_{journal},
        folder_{std::move(folder)},
        tail_{tail},
        log_{log} {}
  Task<> start(lifecycle::Context) override;

 private:
  const config::Configuration& configuration_;
  Journal& journal_;
  std::string folder_;
  observe::LogTail& tail_;
  std::unique_ptr<observe::Log>& log_;
};

// Resolves who owns the bot, before anybody can ask.
class OwnersComponent final : public lifecycle::Component {
 public:
  explicit OwnersComponent(config::ConfigurationComponent& configuration)
      : configuration_{configuration.configuration()} {}
  Task<> start(lifecycle::Context context) override;

 private:
  const config::Configuration& configuration_;
};

// Reads the accounts: without them nobody could sign in to repair anything.
class AccountsComponent final : public lifecycle::Component {
 public:
  AccountsComponent(DataFolderComponent&, web::Accounts& accounts) : accounts_{accounts} {}
  Task<> start(lifecycle::Context) override { co_return accounts_.load(); }

 private:
  web::Accounts& accounts_;
};

// Listens: TCP for people and probes, the control socket for the command line. Sockets that were
// left to us are taken over, and left to a successor if there is to be one.
class HttpComponent final : public lifecycle::Component {
 public:
  // Called with the port once listening.
  using OnListening = std::function<void(std::uint16_t)>;
  HttpComponent(config::ConfigurationComponent& configuration, LogComponent&, AccountsComponent&,
                net::Handler& handler, asio::any_io_executor control, std::string socket,
                Succession& succession, OnListening on_listening)
      : configuration_{configuration.configuration()},
        handler_{handler},
        control_{std::move(control)},
        socket_{std::move(socket)},
        succession_{succession},
        on_listening_{std::move(on_listening)} {}
  Task<> start(lifecycle::Context context) override;
  Task<> stop(lifecycle::Context context, lifecycle::Outcome start) override;

 private:
  Result<std::uint16_t> listen_tcp();
  Result<> listen_control();

  const config::Configuration& configuration_;
  net::Handler& handler_;
  asio::any_io_executor control_;
  std::string socket_;
  Succession& succession_;
  OnListening on_listening_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace orrery::app
