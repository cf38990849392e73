// The program's part in a restart in place: a successor is checked, waited for, and become.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "app/child.h"
#include "app/program.h"
#include "core/text.h"

namespace orrery::app {

using namespace std::chrono_literals;

// A restart that is under way becomes a stop.
void Program::shutdown() {
  succession_.stay();
  live_events_.ends_for("stop");
  driver_->request_stop();
}

// Runs `check` of the program that would follow, with the configuration it would have.
Task<> Program::check_successor(async::StopToken token) {
  auto check = options_.invocation;
  check.arguments = {check.arguments.front(), "check", "--data", options_.data_folder};
  if (const auto& file = options_.sources.file) {
    check.arguments.insert(check.arguments.end(), {"--config", *file});
  }
  for (const auto& [key, text] : options_.sources.flags) {
    auto name = "ORRERY_" + key;
    for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.'))
      name.replace(dot, 1, "__");
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    check.environment[name] = text;
  }
  // A service manager's socket is not ours to find free.
  if (succession_.managed()) check.environment["ORRERY_HTTP__PORT"] = "0";
  std::move_only_function<Result<Ended>()> job = [check, token] {
    return run_to_end(check, 15s, token);
  };
  auto running = checking_.run<Ended>(std::move(job));
  auto ended = co_await std::move(running);
  const std::string_view remedy = "mend it and try again; the running program has not been touched";
  if (!ended) co_return fail(std::move(ended).error().remedy(std::string{remedy}));
  if (ended->code == 0) co_return Result<>{};
  Error unfit{
      ErrorKind::unavailable,
      fmt::format("the new program would not start: {}",
                  ended->output.empty() ? fmt::format("its check ended with {}", ended->code)
                                        : std::string{trim(ended->output)})};
  co_return fail(std::move(unfit).remedy(std::string{remedy}));
}

Task<> Program::restart_in_place(async::StopToken token) {
  const auto busy = [this] {
    return succession_.successor() != nullptr || driver_->snapshot()->stop_requested;
  };
  if (std::exchange(checking_successor_, true))
    co_return fail(ErrorKind::conflict, "a restart is being checked already");
  const auto checked =
      std::shared_ptr<void>{nullptr, [this](void*) { checking_successor_ = false; }};
  if (busy()) co_return fail(ErrorKind::conflict, "the program is stopping or restarting already");
  auto checking = check_successor(std::move(token));
  if (auto fit = co_await std::move(checking); !fit) co_return fit;
  if (busy()) co_return fail(ErrorKind::conflict, "the program is stopping or restarting already");
  journal_.write(Level::info, "app", "restarting in place",
                 {{"program", options_.invocation.program}});
  manager_.reloading();
  succession_.begin_leaving();
  live_events_.ends_for("restart");
  driver_->request_stop();
  co_return Result<>{};
}

asio::awaitable<void> Program::restart_by_signal() {
  auto restarting = restart_in_place(tasks_.token());
  const auto begun = co_await std::move(restarting);
  if (begun) co_return;
  journal_.write(Level::error, "app", "not restarted in place",
                 {{"reason", begun.error().text()}, {"remedy", begun.error().remedy()}});
}

void Program::leave() {
  auto* successor = succession_.successor();
  if (successor == nullptr) return;
  if (!driver_->idle()) {
    journal_.write(Level::error, "app", "left behind with the old program",
                   {{"left", join(driver_->holders(), ", ")}});
  }
  successor->managed = succession_.managed();
  successor->previous = open_own_image();
  successor->previous_was = options_.invocation;
  successor->restarts = boot_.restarts + 1;
  if (log_) log_->flush(500ms);
  const auto failed = become(options_.invocation, *successor);
  std::fprintf(stderr, "orrery: could not restart in place: %s\n", failed.error().text().c_str());
  std::_Exit(1);
}

void Program::go_back(const std::string& reason) {
  const auto& before = succession_.before();
  if (before.previous < 0) return;
  if (log_) log_->flush(500ms);
  [[maybe_unused]] const auto failed = fall_back(before, reason);
}

}  // namespace orrery::app
