#include "records/settings.h"

#include "records/audit.h"

namespace orrery::records {
namespace {

storage::Statement statement_for(const char* table, const char* owner, const std::string& of,
                                 const std::string& name, const std::optional<std::string>& value) {
  if (!value) {
    return {fmt::format("DELETE FROM {} WHERE {} = $1 AND name = $2", table, owner), {of, name}};
  }
  return {fmt::format("INSERT INTO {0} ({1}, name, value) VALUES ($1, $2, $3) "
                      "ON CONFLICT ({1}, name) DO UPDATE SET value = $3",
                      table, owner),
          {of, name, *value}};
}

}  // namespace

Task<> StoredSettings::load(storage::Patience patience) {
  auto reading =
      database_.read({"SELECT guild, name, value FROM guild_settings", {}}, std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error().with("loading the settings"));
  guilds_.clear();
  for (const auto& row : *rows) guilds_[row.text(0)][row.text(1)] = row.text(2);
  co_return Result<>{};
}

const std::string* StoredSettings::of_guild(std::string_view guild, std::string_view name) const {
  const auto at = guilds_.find(guild);
  if (at == guilds_.end()) return nullptr;
  const auto value = at->second.find(name);
  return value == at->second.end() ? nullptr : &value->second;
}

Task<> StoredSettings::write(std::vector<storage::Statement> statements,
                             storage::Patience patience) {
  auto writing = database_.write(std::move(statements), std::move(patience));
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error().with("keeping the setting"));
  co_return Result<>{};
}

Task<> StoredSettings::refresh(storage::Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  auto reading = read_again(std::move(patience));
  co_return co_await std::move(reading);
}

Task<> StoredSettings::read_again(storage::Patience patience) {
  const auto stale = stale_;
  for (const auto& guild : stale) {
    auto reading = database_.read(
        {"SELECT name, value FROM guild_settings WHERE guild = $1", {guild}}, patience);
    const auto rows = co_await std::move(reading);
    if (!rows) co_return fail(rows.error());
    Values values;
    for (const auto& row : *rows) values[row.text(0)] = row.text(1);
    guilds_.insert_or_assign(guild, std::move(values));
    stale_.erase(guild);
  }
  co_return Result<>{};
}

Task<> StoredSettings::set_of_guild(std::string guild, std::string name,
                                    std::optional<std::string> value, chat::Author by,
                                    storage::Patience patience) {
  if (auto good = chat::check_setting(name, value); !good) co_return good;
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  std::vector<storage::Statement> statements;
  statements.push_back(statement_for("guild_settings", "guild", guild, name, value));
  auto entry = chat::entry_by(by, guild);
  entry.action = chat::setting_action;
  entry.subject = name;
  if (const auto* was = of_guild(guild, name)) entry.was = *was;
  entry.became = value;
  enter(entry, statements);
  auto writing = write(std::move(statements), patience);
  auto written = co_await std::move(writing);
  if (written && value) guilds_[guild][name] = std::move(*value);
  if (written && !value) guilds_[guild].erase(name);
  if (!written && written.error().is_unsure()) {
    stale_.insert(guild);
    auto reading = read_again(std::move(patience));
    [[maybe_unused]] const auto read = co_await std::move(reading);  // else the watch does it
  }
  co_return written;
}

Task<chat::Settings::Values> StoredSettings::of_person(std::string person,
                                                       storage::Patience patience) {
  auto reading = database_.read(
      {"SELECT name, value FROM user_settings WHERE person = $1", {std::move(person)}},
      std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error());
  Values values;
  for (const auto& row : *rows) values[row.text(0)] = row.text(1);
  co_return values;
}

Task<> StoredSettings::set_of_person(std::string person, std::string name,
                                     std::optional<std::string> value, storage::Patience patience) {
  if (auto good = chat::check_setting(name, value); !good) co_return good;
  std::vector<storage::Statement> statements;
  statements.push_back(statement_for("user_settings", "person", person, name, value));
  auto writing = write(std::move(statements), std::move(patience));
  co_return co_await std::move(writing);
}

}  // namespace orrery::records
