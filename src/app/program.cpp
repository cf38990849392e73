// A few lines over 400: one process from its first loop to its last, whose other pages are beside
// it (program_record, program_restart, program_show).
#include "app/program.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "app/commands/commands.h"
#include "app/database_options.h"
#include "app/stop_signals.h"
#include "core/text.h"

namespace orrery::app {

using namespace std::chrono_literals;
using lifecycle::State;

namespace {

// As many connections as the machine allows us, not as many as a shell starts with.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
  setrlimit(RLIMIT_NOFILE, &limit);
}

lifecycle::Limits limits_of(const config::Settings& settings) {
  const auto& l = settings.lifecycle;
  return {.lame_duck = l.lame_duck,
          .stop = l.stop_total,
          .rollback = l.rollback_total,
          .parallel_starts = static_cast<std::size_t>(l.parallel_starts)};
}

}  // namespace

Program::Program(RunOptions options)
    : options_{std::move(options)},
      configuration_{options_.sources, options_.loaded},
      succession_{std::move(options_.before)},
      boot_{.id = fmt::format("{:08x}", std::random_device{}()),
            .restarts = succession_.before().restarts,
            .fell_back = succession_.before().fell_back},
      safe_mode_{options_.safe_mode},
      accounts_{options_.data_folder + "/accounts.json"},
      live_events_{*this, log_tail_, clock_},
      router_{*this, accounts_},
      signals_{control_.executor(), SIGINT, SIGTERM},
      bot_watch_{"bot", bot_.strand().busy, clock_, journal_},
      control_watch_{"control", control_.strand().busy, bot_clock_, journal_},
      backoff_{{.base = 1s, .cap = 60s, .stable = 60s}, std::random_device{}()},
      tasks_{"program", control_.executor(), clock_, on_fault()},
      bot_tasks_{"bot watch", bot_.executor(), clock_, on_fault()},
      life_{"life", control_.executor(), clock_, on_fault()},
      starts_{options_.data_folder + "/starts.json", tasks_} {
  signals_.add(SIGHUP);
  signals_.add(SIGUSR2);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that leaves is an error of its write, no reason to die
  raise_descriptor_limit();
  web::add_probe_routes(router_, *this);
  web::add_metrics_routes(router_, *this, metrics_);
  web::add_runtime_routes(router_, *this, starts_, history_);
  web::add_live_routes(router_, live_events_, accounts_);
  web::add_config_routes(router_, *this);
  web::add_support_routes(router_, *this, log_tail_, starts_);
  web::add_key_routes(router_, accounts_);
  web::add_static_routes(router_);
  web::add_auth_routes(router_, accounts_, *this, clock_);
  web::add_user_routes(router_, accounts_, *this, clock_);
  web::add_log_routes(router_, *this, log_tail_);
  web::add_chat_routes(router_, door_);
  web::add_command_routes(router_, office_, clock_);
  web::add_guild_routes(router_, office_, clock_);
  web::add_database_routes(router_, *this, [this] { return make_upkeep(); }, restoration_, clock_);
}

Program::~Program() = default;

async::Scope::OnFault Program::on_fault() {
  return [this](const std::string& task, const std::exception_ptr& fault) {
    journal_.write(Level::error, "app", "a task threw",
                   {{"task", task}, {"reason", async::describe(fault)}});
  };
}

Result<std::unique_ptr<storage::Upkeep>> Program::make_upkeep() const {
  const auto options = database_options_of(configuration_.settings(), options_.data_folder);
  auto backend = storage::make_backend(options.backend);
  if (!backend) return fail(std::move(backend).error());
  return std::make_unique<storage::Upkeep>(
      std::move(*backend), backups_folder(options_.data_folder), options.database.migrate.keep);
}

Result<> Program::make_driver() {
  lifecycle::Assembly assembly;
  const auto ask = [this](TimePoint deadline, async::StopToken token) {
    return ask_status(deadline, std::move(token));
  };
  const auto add = [this, ask](const chat::Services& services) {
    add_commands(services, ask);
    if (options_.add_more_commands) options_.add_more_commands(services.commands, clock_);
  };
  wire(assembly, {.configuration = configuration_,
                  .accounts = accounts_,
                  .router = router_,
                  .door = door_,
                  .office = office_,
                  .succession = succession_,
                  .journal = journal_,
                  .clock = clock_,
                  .bot_clock = bot_clock_,
                  .log_tail = log_tail_,
                  .log = log_,
                  .handled = handled_,
                  .database_numbers = database_numbers_,
                  .restoration = restoration_,
                  .control = control_.strand(),
                  .bot = bot_.strand(),
                  .data_folder = options_.data_folder,
                  .on_listening = [this](std::uint16_t port) { port_ = port; },
                  .add_commands = add,
                  .show_banner = [this] { show_banner(); }});
  if (options_.wire_more) options_.wire_more(assembly, bot_.strand());
  auto driver = lifecycle::Driver::create(
      assembly, {control_.strand(), clock_, journal_, limits_of(configuration_.settings())});
  if (!driver) return fail(std::move(driver).error());
  driver_ = std::move(*driver);
  watching_ = driver_->subscribe([this](const lifecycle::Update& update) { on_update(update); });
  listening_ = driver_->listen([this](const lifecycle::LifecycleEvent&) { live_events_.touch(); });
  log_tail_.on_lines(
      [this] { asio::post(control_.executor(), [this] { live_events_.new_lines(); }); });
  return {};
}

int Program::run() {
  if (auto made = make_driver(); !made) {
    go_back(made.error().text());
    std::fprintf(stderr, "orrery: %s\n", made.error().text().c_str());
    return 1;
  }
  if (options_.safe_mode) journal_.write(Level::warn, "app", "safe mode: no plugin is loaded");
  bot_.start();
  tasks_.spawn("signals", hear_signals());
  tasks_.spawn("heart-beat", beat());
  tasks_.spawn("numbers", count());
  tasks_.spawn("watch", bot_watch_.run(tasks_.token()));
  bot_tasks_.spawn("watch", control_watch_.run(tasks_.token()));
  life_.spawn("life", live());
  hear_stop_signals(Hear::yes);
  control_.run_here();
  hear_stop_signals(Hear::no);  // what comes now changes nothing, and must not kill us
  log_tail_.on_lines({});
  const int code = exit_code();
  leave();
  if (!driver_->idle() || !bot_.stop(200ms)) end_now(code == 0 ? 3 : code);
  return code;
}

// Start, serve until asked, stop: the whole life in a few lines.
asio::awaitable<void> Program::live() {
  driver_->begin();
  auto waiting = driver_->wait(lifecycle::Goal::stopped, async::never, {});
  [[maybe_unused]] const auto stopped = co_await std::move(waiting);
  watching_.reset();
  listening_.reset();
  retry_timer_.cancel();
  account_timer_.cancel();
  // What is still alive now has outlived its budget; it only gets the moment the loop needs anyway.
  auto ending = driver_->join(clock_.now() + 50ms);
  co_await std::move(ending);
  tasks_.request_stop(async::StopReason::shutdown);
  auto tasks = tasks_.join(clock_.now() + 200ms);
  co_await std::move(tasks);
  auto bot_tasks = bot_tasks_.join(clock_.now() + 200ms);
  co_await std::move(bot_tasks);
  asio::post(control_.executor(), [this] { control_.quit(); });
}

int Program::exit_code() const {
  const auto snapshot = driver_->snapshot();
  if (!driver_->stopped_cleanly()) return 3;
  return runtime_gave_up_ ? 1 : 0;
}

// Something is alive that refuses to die: no destructor may run under its feet.
void Program::end_now(int code) {
  journal_.write(Level::error, "app", "ended with work still alive",
                 {{"left", join(driver_->holders(), ", ")}});
  if (log_) log_->flush(500ms);
  std::_Exit(code);
}

// ---- signals

asio::awaitable<void> Program::hear_signals() {
  const auto token = tasks_.token();
  const auto stopping = token.subscribe([this] { signals_.cancel(); });
  while (!token.requested()) {
    auto [error, number] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!error) on_signal(number);
  }
}

void Program::on_signal(int number) {
  if (number == SIGHUP) return reload();
  if (number == SIGUSR2) return tasks_.spawn("restart", restart_by_signal());
  using Step = lifecycle::Escalation::Step;
  switch (escalation_.signal(clock_.now())) {
    case Step::none:
      return;
    case Step::stop:
      journal_.write(Level::info, "app", "asked to stop", {{"signal", std::int64_t{number}}});
      return shutdown();
    case Step::hurry:
      journal_.write(Level::warn, "app", "asked again to stop: hurrying",
                     {{"signal", std::int64_t{number}}});
      return driver_->hurry();
    case Step::exit: {
      const auto alive = join(driver_->holders(), ", ");
      if (log_) log_->flush(100ms);
      std::fprintf(stderr, "orrery: forced to exit by a third signal; still alive: %s\n",
                   alive.empty() ? "nothing" : alive.c_str());
      std::_Exit(128 + number);
    }
  }
}

Result<> Program::reload_configuration() {
  auto reloaded = configuration_.reload();
  if (reloaded && log_)
    log_->set_redactor(observe::Redactor{config::secrets_of(configuration_.settings())});
  return reloaded;
}

void Program::reload() {
  manager_.reloading();
  if (auto reloaded = reload_configuration(); !reloaded) {
    journal_.write(Level::error, "config", "configuration not reloaded",
                   {{"reason", reloaded.error().text()}, {"remedy", reloaded.error().remedy()}});
  } else {
    set_log_level(configuration_.settings().log.level);
    journal_.write(
        Level::info, "config", "configuration reloaded",
        {{"takes_effect",
          std::string{
              "log.level at once, the rest when its component starts: orrery restart --runtime"}}});
  }
  manager_.notify("READY=1");
}

// ---- what the engine tells

void Program::on_update(const lifecycle::Update& update) {
  const auto state = std::string{name_of(update.state)};
  manager_.notify("STATUS=" + state);
  live_events_.touch();
  switch (update.state) {
    case State::core_ready:
      return on_core_ready();
    case State::runtime_ready:
      ready_time_ = wall_now();
      backoff_.reset();
      record_start();
      return report_ready();
    case State::draining:
    case State::stopping:
      if (succession_.successor() == nullptr) manager_.notify("STOPPING=1");
      return;
    case State::core_failed:
      runtime_gave_up_ = true;
      report_core_failure();
      return driver_->request_stop();
    case State::runtime_failed:
    case State::stuck:
      record_start();
      return on_failed();
    default:
      return;
  }
}

void Program::on_core_ready() {
  succession_.settle();
  starts_.load();
  manager_.notify("READY=1");
  if (boot_.fell_back.empty()) return;
  journal_.write(Level::error, "app", "the new program could not start: the one before runs again",
                 {{"reason", boot_.fell_back}});
}

void Program::report_ready() {
  std::vector<Field> fields{{"after_ms", milliseconds(clock_.now() - options_.begun)}};
  const auto degraded = join(driver_->snapshot()->degraded, "; ");
  if (!degraded.empty()) fields.push_back({"degraded", degraded});
  journal_.write(Level::info, "app", "ready", std::move(fields));
}

void Program::on_failed() {
  const auto snapshot = driver_->snapshot();
  journal_.write(Level::error, "app", "the runtime could not start",
                 {{"reason", lifecycle::failure_text(*snapshot)},
                  {"remedy", snapshot->failure.remedy},
                  {"then", std::string{"orrery retry"}}});
  switch (configuration_.settings().lifecycle.on_failure) {
    case config::OnFailure::hold:
      return show_repair();
    case config::OnFailure::exit:
      runtime_gave_up_ = true;
      return driver_->request_stop();
    case config::OnFailure::retry:
      return retry_later();
  }
}

void Program::retry_later() {
  const auto delay = backoff_.after({});
  journal_.write(Level::info, "app", "retrying", {{"in_ms", milliseconds(delay)}});
  retry_timer_ = clock_.arm(clock_.now() + delay, [this] {
    auto again = retry(web::SafeMode::off);
    if (again) return;
    journal_.write(Level::warn, "app", "not retried", {{"reason", again.error().text()}});
    if (driver_->state() == State::runtime_failed) retry_later();  // the fault may be mended yet
  });
}

void Program::report_core_failure() {
  const auto snapshot = driver_->snapshot();
  go_back(lifecycle::failure_text(*snapshot));
  if (log_) {
    log_->flush(100ms);
    if (::isatty(STDERR_FILENO) != 1) return;  // the log has said so, to whoever reads it
  }
  std::fprintf(stderr, "orrery could not start: %s\n", lifecycle::failure_text(*snapshot).c_str());
  if (!snapshot->failure.remedy.empty())
    std::fprintf(stderr, "What to do: %s\n", snapshot->failure.remedy.c_str());
}

// Tells the service manager that we live, and asks it for time while a start or stop is under way.
asio::awaitable<void> Program::beat() {
  const auto token = tasks_.token();
  const auto interval = std::min(manager_.watchdog().value_or(Duration{1s}), Duration{1s});
  while (manager_.present() && !token.requested()) {
    if (manager_.watchdog()) manager_.notify("WATCHDOG=1");
    const auto state = driver_->state();
    const bool busy =
        state == State::core_starting || state == State::draining || state == State::stopping;
    if (busy) manager_.notify("EXTEND_TIMEOUT_USEC=5000000");
    auto pause = async::sleep_until(clock_, clock_.now() + interval, token);
    co_await std::move(pause);
  }
}

// ---- what others ask

std::string Program::address() const {
  return http_address(configuration_.settings().http.host, port_);
}

std::vector<std::string> Program::blocked() const {
  const auto bot = bot_watch_.blocked();
  return bot ? std::vector{*bot} : std::vector<std::string>{};
}

Result<> Program::retry(web::SafeMode safe_mode) {
  if (driver_->ready()) return {};
  if (auto reloaded = reload_configuration(); !reloaded) return reloaded;
  safe_mode_ = options_.safe_mode || safe_mode == web::SafeMode::once;
  return driver_->retry();
}

Result<> Program::restart(std::optional<std::string> component) {
  if (auto reloaded = reload_configuration(); !reloaded) return reloaded;
  safe_mode_ = options_.safe_mode;
  return driver_->restart(std::move(component));
}

Task<lifecycle::Settled> Program::wait_settled(TimePoint deadline, async::StopToken token) {
  return driver_->wait(lifecycle::Goal::ready, deadline, std::move(token));
}

void Program::set_log_level(Level level) {
  if (log_) log_->set_level(level);
}

std::string Program::status_line() {
  const auto s = snapshot();
  auto line = fmt::format("{} for {}, generation {}", s->ready ? "ready" : name_of(s->state),
                          human(clock_.now() - s->since), s->generation);
  if (!s->degraded.empty()) line += "; degraded: " + join(s->degraded, "; ");
  return line;
}

asio::awaitable<std::optional<std::string>> Program::ask_status(TimePoint deadline,
                                                                async::StopToken token) {
  async::Oneshot<std::optional<std::string>> answer;
  asio::post(control_.executor(), [this, answer] { answer.set(status_line()); });
  const auto stopping = token.subscribe([answer] { answer.set(std::nullopt); });
  const auto timer = bot_clock_.arm(deadline, [answer] { answer.set(std::nullopt); });
  co_return co_await answer.take();
}

}  // namespace orrery::app
