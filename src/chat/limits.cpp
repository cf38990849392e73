#include "chat/limits.h"

namespace orrery::chat {
namespace {

const std::string& counted(const Message& message, Per per) {
  switch (per) {
    case Per::user:
      return message.author.id;
    case Per::channel:
      return message.channel;
    case Per::guild:
      return message.guild.empty() ? message.author.id : message.guild;
  }
  std::unreachable();
}

std::string key_of(const Node& node, const Message& message, Per per) {
  return fmt::format("{}\n{}\n{}", node.path, message.platform, counted(message, per));
}

std::unexpected<Error> later(std::string text, Duration wait) {
  return fail(Error{ErrorKind::limited, std::move(text)}.retry_after(
      std::chrono::ceil<std::chrono::milliseconds>(wait)));
}

}  // namespace

Limits::Running::~Running() {
  const auto at = running_->find(key_);
  if (at != running_->end() && --at->second == 0) running_->erase(at);
}

Result<> Limits::cool(const Cooldown& cooldown, const std::string& key, TimePoint now) {
  if (uses_.size() >= forget_at_) forget(now);
  auto& until = uses_[key].until;
  while (!until.empty() && until.front() <= now) until.pop_front();
  if (std::ssize(until) >= cooldown.uses) {
    const auto wait = until.front() - now;
    return later(fmt::format("That was quick: try again in {}.", human(wait)), wait);
  }
  until.push_back(now + cooldown.within);
  return {};
}

void Limits::forget(TimePoint now) {
  std::erase_if(uses_, [&](const auto& entry) {
    return entry.second.until.empty() || entry.second.until.back() <= now;
  });
  forget_at_ = std::max(forget_at_, 2 * uses_.size());
}

Result<Limits::Pass> Limits::enter(const Node& node, const Message& message, TimePoint now) {
  const auto& command = node.declaration;
  Pass pass;
  if (command.concurrency) {
    auto key = key_of(node, message, command.concurrency->per);
    auto& running = (*running_)[key];
    if (running >= command.concurrency->most) {
      return later(fmt::format("'{}' is still running for this {}: wait until it has finished.",
                               node.path, name_of(command.concurrency->per)),
                   std::chrono::seconds{1});
    }
    ++running;
    pass = std::make_unique<Running>(running_, std::move(key));
  }
  if (command.cooldown) {
    auto cooled = cool(*command.cooldown, key_of(node, message, command.cooldown->per), now);
    if (!cooled) return fail(std::move(cooled).error());
  }
  return pass;
}

}  // namespace orrery::chat
