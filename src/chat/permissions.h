// Who may use which command, in every guild: the live rules, kept by a port, exact at any time.
//
// All rules are in memory; a change is kept first and counts from then on. Changes are made one
// after the other, each checked against what the one before has left. When it is not known whether
// a change was kept (the database went away while it answered), the guild's rules are read again as
// soon as that is possible.
//
// Threads   the bot strand.
// Lifetime  what `rules` returns holds until the next change.
#pragma once

#include <set>

#include "async/patience.h"
#include "async/task.h"
#include "async/turns.h"
#include "chat/audit.h"
#include "chat/change.h"
#include "chat/command.h"
#include "chat/granted.h"

namespace orrery::chat {

using async::Patience;

// Where rules and the audit log are kept.
class PermissionRecords {
 public:
  virtual ~PermissionRecords() = default;
  virtual Task<TextNodes<GuildRules>> load(Patience patience) = 0;
  virtual Task<GuildRules> load_guild(std::string guild, Patience patience) = 0;
  // Keeps the change together with its entry, and marks the one that it undoes. Returns its number.
  // Errors: conflict (that one is undone already, or something after it must be undone first),
  // invalid (the entry is no change of permissions).
  virtual Task<std::int64_t> keep(AuditEntry entry, std::optional<std::int64_t> undoes,
                                  Patience patience) = 0;
  // The newest first, those before `before`; of one guild and of what holds everywhere, or of all
  // if it is empty.
  virtual Task<std::vector<AuditEntry>> audit(std::string guild, std::int64_t before,
                                              std::size_t most, Patience patience) = 0;
  // Errors: not_found.
  virtual Task<AuditEntry> entry(std::int64_t number, Patience patience) = 0;
};

// "…: undo entry 7 first"
Error undo_first(std::int64_t number, std::int64_t later);

class MemoryPermissionRecords final : public PermissionRecords {
 public:
  Task<TextNodes<GuildRules>> load(Patience patience) override;
  Task<GuildRules> load_guild(std::string guild, Patience patience) override;
  Task<std::int64_t> keep(AuditEntry entry, std::optional<std::int64_t> undoes,
                          Patience patience) override;
  Task<std::vector<AuditEntry>> audit(std::string guild, std::int64_t before, std::size_t most,
                                      Patience patience) override;
  Task<AuditEntry> entry(std::int64_t number, Patience patience) override;

 private:
  std::int64_t standing_after(std::int64_t number) const;

  TextNodes<GuildRules> guilds_;
  std::vector<AuditEntry> entries_;
};

class Permissions {
 public:
  struct Options {
    Unconfigured otherwise = Unconfigured::deny;
    std::set<std::string, std::less<>> never;  // more commands that can be given to nobody
  };

  // The records outlive this.
  Permissions(PermissionRecords& records, Options options)
      : records_{records}, options_{std::move(options)} {}

  // Reads all rules, in one go. Errors: those of the records.
  Task<> load(Patience patience);
  // Reads again what may have changed without our knowing. Errors: as load.
  Task<> refresh(Patience patience);
  bool stale() const { return !stale_.empty(); }

  // Errors: denied, in words for whoever asked; unavailable, while the guild's rules are in doubt.
  Result<Granted<Use>> may_use(const Node& node, const Message& message) const;
  Decision decide(Wanted wanted, const Subject& who) const;
  std::vector<Step> explain(Wanted wanted, const Subject& who) const;

  // Whether this person may change the guild's rules, with this command. Errors: denied,
  // unavailable (in doubt).
  Result<Granted<Edit>> may_edit(Someone who, std::string command) const;
  // Nobody gives or takes what is not below their own rank, as it is when the change is made.
  // Errors: invalid, denied (not below that rank, or never assignable), not_found (no such
  // command), conflict (the name of another rank, or nothing would change), timeout and cancelled,
  // and those of the records; nothing has changed then.
  Task<std::int64_t> change(Granted<Edit> by, Change change, const CommandRegistry& commands,
                            Patience patience);
  // Puts back what an entry of the audit log changed, as a change of its own.
  // Errors: as change, conflict (it was undone, or changed again, since), and invalid (it is
  // not about permissions).
  Task<std::int64_t> undo(Granted<Edit> by, std::int64_t number, const CommandRegistry& commands,
                          Patience patience);

  const GuildRules& rules(std::string_view guild) const;
  Unconfigured otherwise() const { return options_.otherwise; }
  Access access_of(std::string_view path, Access declared) const;
  // Aliases among those that can be given to nobody stand for their commands. Returns the names
  // that are no command at all.
  std::vector<std::string> resolve_never(const CommandRegistry& commands);
  PermissionRecords& records() { return records_; }
  std::vector<std::string> guilds() const;  // that have rules

 private:
  Result<> check_edit(const Edit& by, const Change& change, const CommandRegistry& commands) const;
  Result<> check_name(const Change& change) const;
  // Below which rank this person may change rules; one above them all for all.
  Result<int> reach_of(const Edit& by) const;
  Result<> check_reach(int reach, const Change& change, const CommandRegistry& commands) const;
  Result<> check_commands(int reach, const Change& change, const CommandRegistry& commands) const;
  Result<> check_command(std::string_view path, const CommandRegistry& commands) const;
  bool in_doubt(const Subject& who) const;
  // Requires, here and below: it is the caller's turn.
  Task<std::int64_t> keep(const Edit& by, Change change, std::optional<std::int64_t> undoes,
                          Patience patience);
  Task<> read_again(Patience patience);

  PermissionRecords& records_;
  Options options_;
  TextNodes<GuildRules> guilds_;
  std::set<std::string, std::less<>> stale_;
  async::Turns turns_;
};

}  // namespace orrery::chat
