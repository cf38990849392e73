// A platform with guilds, in memory: what Discord and its like will bring.
//
// Guilds have owners, members, roles and channels; members say things and hear answers; what the
// bot does to members has its effect, and is written down. It passes tests/contracts, as the real
// ones must.
#pragma once

#include <algorithm>

#include "chat/directory.h"
#include "chat/moderation.h"
#include "chat/pipeline.h"

namespace orrery::test {

class FakeGuilds : public chat::Moderation {
 public:
  struct Heard final : chat::Outlet {
    void reply(const chat::Message&, std::string text) override {
      replies.push_back(std::move(text));
    }
    void handled(const chat::Message&, chat::Handled how) override { ends.push_back(how); }
    std::vector<std::string> replies;
    std::vector<chat::Handled> ends;
  };

  void guild(const std::string& id, const std::string& owner) { directory_[id].owner = owner; }
  void role(const std::string& guild, const std::string& id, const std::string& name) {
    directory_[guild].roles.push_back({id, name});
  }
  void channel(const std::string& guild, const std::string& id, const std::string& name) {
    directory_[guild].channels.push_back({id, name});
  }
  void member(const std::string& guild, const std::string& id, const std::string& name,
              std::vector<std::string> roles = {}) {
    directory_[guild].members.push_back({id, name, std::move(roles)});
  }

  const chat::Directory& directory() const { return directory_; }
  chat::Moderation& moderation() { return *this; }

  // What the platform hands to the pipeline when a member says something.
  chat::Message message(const std::string& guild, const std::string& user, std::string text,
                        const std::string& channel = "general") {
    const auto known = directory_.member(guild, user);
    return {.id = std::to_string(++said_),
            .platform = "fake",
            .guild = guild,
            .channel = channel,
            .author = {user, known ? known->name : user, directory_.standing(guild, user),
                       known ? known->roles : std::vector<std::string>{}},
            .text = std::move(text),
            .self = "bot",
            .directory = &directory_,
            .moderation = this};
  }

  Task<> ban(Target target, async::Patience) override { return remove("ban", std::move(target)); }
  Task<> kick(Target target, async::Patience) override { return remove("kick", std::move(target)); }
  Task<> unban(Target target, async::Patience) override {
    done.push_back("unban " + target.user);
    co_return Result<>{};
  }
  Task<> time_out(Target target, Duration span, async::Patience) override {
    if (find(target) == nullptr) co_return fail(ErrorKind::not_found, "no member {}", target.user);
    done.push_back("time out " + target.user + " " + human(span));
    co_return Result<>{};
  }
  Task<> give_role(Target target, std::string role, async::Patience) override {
    auto* member = find(target);
    if (member == nullptr) co_return fail(ErrorKind::not_found, "no member {}", target.user);
    member->roles.push_back(role);
    done.push_back("give " + target.user + " " + role);
    co_return Result<>{};
  }
  Task<> take_role(Target target, std::string role, async::Patience) override {
    auto* member = find(target);
    if (member == nullptr) co_return fail(ErrorKind::not_found, "no member {}", target.user);
    std::erase(member->roles, role);
    done.push_back("take " + target.user + " " + role);
    co_return Result<>{};
  }
  Task<> remove_message(std::string, std::string, std::string message, async::Patience) override {
    done.push_back("remove message " + message);
    co_return Result<>{};
  }

  std::vector<std::string> done;  // in order

 private:
  chat::Member* find(const Target& target) {
    auto& members = directory_[target.guild].members;
    const auto at = std::ranges::find(members, target.user, &chat::Member::id);
    return at == members.end() ? nullptr : &*at;
  }
  Task<> remove(std::string how, Target target) {
    const auto* member = find(target);
    if (member == nullptr) co_return fail(ErrorKind::not_found, "no member {}", target.user);
    std::erase_if(directory_[target.guild].members,
                  [&](const chat::Member& one) { return one.id == target.user; });
    done.push_back(how + " " + target.user);
    co_return Result<>{};
  }

  chat::MemoryDirectory directory_;
  int said_ = 0;
};

}  // namespace orrery::test
