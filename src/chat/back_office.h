// The bot's services for those who are not on its strand: the dashboard asks here.
//
// A question is a function that runs on the bot strand; whoever asked is resumed on their own. The
// office is open while the runtime is up; closing it waits for what was asked.
//
// Threads   everything on the control strand; questions run on the bot strand.
#pragma once

#include "async/loop.h"
#include "async/scope.h"
#include "chat/services.h"
#include "core/journal.h"

namespace orrery::chat {

class BackOffice {
 public:
  template <class T>
  using Question = std::function<Task<T>(const Services& services, async::Patience patience)>;

  // The clock's timers fire on the control strand. The services live until the office is closed.
  void open(const Services& services, async::Strand bot, async::Clock& clock, Journal& journal);
  asio::awaitable<void> close();
  bool is_open() const { return scope_ != nullptr; }

  // Errors: unavailable (closed), timeout (the bot strand did not get to it), and the question's.
  template <class T>
  Task<T> ask(Question<T> question, async::Patience patience);

 private:
  template <class T>
  static asio::awaitable<void> answer(Question<T> question, const Services* services,
                                      async::Patience patience, async::Oneshot<Result<T>> to);

  const Services* services_ = nullptr;
  async::Clock* clock_ = nullptr;
  std::unique_ptr<async::Scope> scope_;
};

template <class T>
asio::awaitable<void> BackOffice::answer(Question<T> question, const Services* services,
                                         async::Patience patience, async::Oneshot<Result<T>> to) {
  if (patience.over()) co_return;  // nobody waits for it any more
  try {
    auto asking = question(*services, std::move(patience));
    to.set(co_await std::move(asking));
  } catch (...) {
    to.set(fail(ErrorKind::internal, "that failed: {}", async::describe(std::current_exception())));
  }
}

template <class T>
Task<T> BackOffice::ask(Question<T> question, async::Patience patience) {
  if (!scope_) co_return fail(ErrorKind::unavailable, "the bot is not ready");
  async::Oneshot<Result<T>> reply;
  patience.token = scope_->token();
  scope_->spawn("a question of the dashboard",
                answer<T>(std::move(question), services_, patience, reply));
  const auto timer = clock_->arm(patience.deadline, [reply] {
    reply.set(fail(ErrorKind::timeout, "the bot is busy and did not answer in time"));
  });
  const auto stopping = scope_->token().subscribe(
      [reply] { reply.set(fail(ErrorKind::unavailable, "the bot is about to stop")); });
  auto taking = reply.take();
  co_return co_await std::move(taking);
}

}  // namespace orrery::chat
