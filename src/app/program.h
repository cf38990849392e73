// The running program: owns what lives as long as the process, and answers for it.
//
// Threads   everything on the control strand, which is the main thread; chat and commands run on
//           the bot strand, a thread of its own.
#pragma once

#include <boost/asio/signal_set.hpp>

#include "app/service_manager.h"
#include "app/strand_watch.h"
#include "app/succession.h"
#include "app/wiring.h"
#include "lifecycle/driver.h"
#include "lifecycle/escalation.h"
#include "observe/metrics.h"
#include "web/routes/routes.h"

namespace orrery::app {

struct RunOptions {
  config::Sources sources;
  config::Loaded loaded;
  std::string data_folder;
  std::string program = "orrery";  // how to call it again, for what the banner says
  std::string data_flag;           // " --data DIR" if it was given
  bool safe_mode = false;
  Invocation invocation;  // how to become a newer version of this program
  Handover before;        // what a predecessor or a service manager has left
  TimePoint begun;        // the process's first instruction, as near as we can tell
  // More parts and commands than come with the program: how tests bring in parts that misbehave.
  std::function<void(lifecycle::Assembly&, async::Strand bot)> wire_more;
  std::function<void(chat::CommandRegistry&, async::Clock&)> add_more_commands;
};

class Program final : public web::RuntimeControl {
 public:
  explicit Program(RunOptions options);
  ~Program() override;

  // From start to clean exit; returns the exit code. Ends the process itself if something is alive
  // that refuses to die.
  int run();

  std::shared_ptr<const lifecycle::Snapshot> snapshot() override { return driver_->snapshot(); }
  std::vector<lifecycle::Span> spans() override { return driver_->spans(); }
  bool ready() const override { return driver_ && driver_->ready(); }
  std::vector<std::string> blocked() const override;
  std::string address() const override;
  WallTime start_time() const override { return start_time_; }
  std::optional<WallTime> ready_time() const override { return ready_time_; }
  const web::Boot& boot() const override { return boot_; }
  bool safe_mode() const override { return safe_mode_; }
  std::uint64_t handled() const override { return handled_.load(); }
  const storage::DatabaseNumbers& database_numbers() const override { return database_numbers_; }
  Result<> retry(web::SafeMode safe_mode) override;
  Task<> restart_in_place(async::StopToken token) override;
  Result<> restart(std::optional<std::string> component) override;
  void shutdown() override;
  Task<lifecycle::Settled> wait_settled(TimePoint deadline, async::StopToken token) override;
  Level log_level() const override { return log_ ? log_->level() : Level::info; }
  void set_log_level(Level level) override;
  const config::Configuration& configuration() const override { return configuration_; }

 private:
  Result<> make_driver();
  Result<std::unique_ptr<storage::Upkeep>> make_upkeep() const;
  asio::awaitable<void> live();
  asio::awaitable<void> hear_signals();
  asio::awaitable<void> beat();
  asio::awaitable<void> count();
  void take_numbers();
  asio::awaitable<void> restart_by_signal();
  Task<> check_successor(async::StopToken token);
  // Becomes the successor, if that is what the stop was for.
  void leave();
  // Becomes the program before again, if there is one.
  void go_back(const std::string& reason);
  void record_start();
  void record_settled();
  void on_core_ready();
  void on_signal(int number);
  void on_update(const lifecycle::Update& update);
  void report_ready();
  void on_failed();
  void retry_later();
  void reload();
  Result<> reload_configuration();
  void show_banner();
  void show_door();
  void show_repair();
  std::string status_line();
  asio::awaitable<std::optional<std::string>> ask_status(TimePoint deadline,
                                                         async::StopToken token);
  int exit_code() const;
  [[noreturn]] void end_now(int code);
  void report_core_failure();
  async::Scope::OnFault on_fault();

  RunOptions options_;
  Journal journal_;
  async::Loop control_{"orrery"};
  async::Loop bot_{"bot"};
  async::SteadyClock clock_{control_.executor()};
  async::SteadyClock bot_clock_{bot_.executor()};
  const WallTime start_time_ = wall_now();
  std::optional<WallTime> ready_time_;
  std::uint16_t port_ = 0;
  config::Configuration configuration_;
  Succession succession_;
  web::Boot boot_;
  bool safe_mode_ = false;
  bool was_busy_ = false;
  bool checking_successor_ = false;
  std::atomic<std::uint64_t> handled_ = 0;
  storage::DatabaseNumbers database_numbers_;
  storage::Restoration restoration_;
  web::Accounts accounts_;
  observe::LogTail log_tail_;
  observe::Metrics metrics_;
  web::History history_;
  platforms::webchat::Door door_;
  chat::BackOffice office_;
  ServiceManager manager_;
  std::unique_ptr<observe::Log> log_;
  web::Live live_events_;
  web::Router router_;
  asio::signal_set signals_;
  lifecycle::Escalation escalation_;
  StrandWatch bot_watch_;
  StrandWatch control_watch_;
  async::Backoff backoff_;
  async::Timer retry_timer_;
  bool runtime_gave_up_ = false;
  std::unique_ptr<lifecycle::Driver> driver_;
  std::optional<lifecycle::Driver::Subscription> watching_;
  std::optional<lifecycle::Driver::Subscription> listening_;
  async::Timer account_timer_;
  async::Workers checking_{"check", 1, 1};
  async::Scope tasks_;      // signals, heart-beat, watch: until the engine has stopped
  async::Scope bot_tasks_;  // the watch on the other loop
  async::Scope life_;
  web::Starts starts_;
};

}  // namespace orrery::app
