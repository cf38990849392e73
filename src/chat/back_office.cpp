#include "chat/back_office.h"

namespace orrery::chat {

void BackOffice::open(const Services& services, async::Strand bot, async::Clock& clock,
                      Journal& journal) {
  services_ = &services;
  clock_ = &clock;
  scope_ = std::make_unique<async::Scope>(
      "back office", bot.labelled("the dashboard"), clock,
      [&journal](const std::string& task, const std::exception_ptr& fault) {
        journal.write(Level::error, "chat", "a task threw",
                      {{"task", task}, {"reason", async::describe(fault)}});
      });
}

asio::awaitable<void> BackOffice::close() {
  if (!scope_) co_return;
  const auto closing = std::move(scope_);  // from here on nobody gets in
  closing->request_stop(async::StopReason::shutdown);
  auto joining = closing->join(async::never);
  co_await std::move(joining);
}

}  // namespace orrery::chat
