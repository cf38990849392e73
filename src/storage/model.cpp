#include "storage/model.h"

#include <algorithm>

#include "core/text.h"

namespace orrery::storage {
namespace {

using enum Type;
using enum Null;

Column number(std::string name, Null null = refused) { return {std::move(name), integer, null}; }
Column serial(std::string name) { return {std::move(name), integer, refused, Preset::some}; }
Column words(std::string name, Preset preset = Preset::none) {
  return {std::move(name), text, refused, preset};
}

Model make_model() {
  return {
      {.name = "schema_migrations",
       .columns = {number("number"), words("name"), number("fingerprint")},
       .key = {"number"}},
      {.name = "prefixes",
       .columns = {words("guild"), words("prefix")},
       .key = {"guild", "prefix"}},
      {.name = "statistics", .columns = {words("name"), number("value")}, .key = {"name"}},
      {.name = "transcript",
       .columns = {serial("number"), words("visitor"), words("conversation"), words("id"),
                   number("by_bot"), words("said"), number("at"), words("outcome", Preset::some)},
       .key = {"number"},
       .indexes = {{"transcript_message", {"visitor", "id"}, Unique::yes, "by_bot=0"},
                   {"transcript_visitor", {"visitor", "number"}}}},
      {.name = "permission_ranks",
       .columns = {words("guild"), number("rank"), words("name")},
       .key = {"guild", "rank"},
       .indexes = {{"permission_ranks_name", {"guild", "name"}, Unique::yes}}},
      {.name = "permission_roles",
       .columns = {words("guild"), words("role"), number("rank")},
       .key = {"guild", "role"}},
      {.name = "permission_commands",
       .columns = {words("guild"), words("command"), number("rank")},
       .key = {"guild", "command"}},
      {.name = "permission_exceptions",
       .columns = {words("guild"), words("command"), words("kind"), words("subject"),
                   words("verdict")},
       .key = {"guild", "command", "kind", "subject"}},
      {.name = "audit",
       .columns = {serial("number"), number("at"), words("guild"), words("actor"),
                   words("actor_name"), words("action"), words("subject"), words("was"),
                   words("became"), number("undone_by", allowed)},
       .key = {"number"},
       .indexes = {{"audit_guild", {"guild", "number"}}}},
      {.name = "guild_settings",
       .columns = {words("guild"), words("name"), words("value")},
       .key = {"guild", "name"}},
      {.name = "user_settings",
       .columns = {words("person"), words("name"), words("value")},
       .key = {"person", "name"}},
      {.name = "messages",
       .columns = {serial("number"), words("platform"), words("guild"), words("channel"),
                   words("id"), words("author"), words("author_name"), number("by_bot"),
                   words("said"), number("at")},
       .key = {"number"},
       .indexes = {{"messages_at", {"at"}},
                   {"messages_channel", {"platform", "channel", "number"}}}},
      {.name = "plugin_values",
       .columns = {words("plugin"), words("name"), {"value", blob, refused}},
       .key = {"plugin", "name"}},
      {.name = "jobs",
       .columns = {words("plugin"), words("name"), words("schedule"), words("zone"),
                   words("misfire"), words("payload"), number("next_at", allowed),
                   number("last_at", allowed), words("outcome", Preset::some)},
       .key = {"plugin", "name"},
       .indexes = {{"jobs_next", {"next_at"}}}},
  };
}

std::string_view name_of(Type type) {
  switch (type) {
    case integer:
      return "integer";
    case real:
      return "real";
    case text:
      return "text";
    case blob:
      return "blob";
    case other:
      return "another type";
  }
  std::unreachable();
}

const std::string from_backup =
    "put a backup in its place: orrery db restore FILE (orrery db backup keeps what is there now)";

template <class T>
const T* named(const std::vector<T>& list, const std::string& name) {
  const auto at = std::ranges::find(list, name, &T::name);
  return at == list.end() ? nullptr : &*at;
}

class Comparison {
 public:
  void table(const Table& declared, const Table& found) {
    columns(declared, found);
    if (declared.key != found.key) {
      fault(fmt::format("{} has the key ({}) instead of ({})", declared.name, join(found.key, ", "),
                        join(declared.key, ", ")),
            from_backup);
    }
    indexes(declared, found);
    for (const auto& trigger : found.triggers) {
      note(fmt::format("{} has the trigger {}, which is not declared", declared.name, trigger),
           fmt::format("if nothing of yours needs it: DROP TRIGGER {}", trigger));
    }
    for (const auto& key : declared.foreign_keys) {
      const auto same = [&](const ForeignKey& other) {
        return other.columns == key.columns && other.table == key.table;
      };
      if (std::ranges::any_of(found.foreign_keys, same)) continue;
      fault(fmt::format("{} lacks the reference ({}) to {}", declared.name, join(key.columns, ", "),
                        key.table),
            from_backup);
    }
  }
  void missing(const Table& table) {
    fault(fmt::format("the table {} is missing", table.name), from_backup);
  }
  std::vector<Difference> take() { return std::move(list_); }

 private:
  void fault(std::string what, std::string remedy) {
    list_.push_back({Difference::Weight::fault, std::move(what), std::move(remedy)});
  }
  void note(std::string what, std::string remedy) {
    list_.push_back({Difference::Weight::note, std::move(what), std::move(remedy)});
  }

  // What refuses more than was declared makes writing fail; what allows more does not.
  void compare(const std::string& table, const Column& column, const Column& other) {
    if (column.null == allowed && other.null == refused)
      fault(fmt::format("{}.{} refuses NULL", table, column.name), from_backup);
    if (column.null == refused && other.null == allowed)
      note(fmt::format("{}.{} allows NULL", table, column.name), from_backup);
    if (column.preset == Preset::some && other.preset == Preset::none)
      fault(fmt::format("{}.{} has lost its default", table, column.name), from_backup);
  }

  void columns(const Table& declared, const Table& found) {
    for (const auto& column : declared.columns) {
      const auto* other = named(found.columns, column.name);
      if (other == nullptr) {
        fault(fmt::format("{}.{} is missing", declared.name, column.name), from_backup);
        continue;
      }
      if (other->type != column.type) {
        fault(fmt::format("{}.{} is of type {} instead of {}", declared.name, column.name,
                          name_of(other->type), name_of(column.type)),
              from_backup);
      }
      compare(declared.name, column, *other);
    }
    for (const auto& column : found.columns) {
      if (named(declared.columns, column.name) != nullptr) continue;
      note(fmt::format("{}.{} is not declared", declared.name, column.name),
           fmt::format("if nothing of yours needs it: ALTER TABLE {} DROP COLUMN {}", declared.name,
                       column.name));
    }
  }

  static std::string make_index(const Table& table, const Index& index) {
    return fmt::format(
        "CREATE {}INDEX {} ON {} ({}){}", index.unique == Unique::yes ? "UNIQUE " : "", index.name,
        table.name, join(index.columns, ", "), index.where.empty() ? "" : " WHERE " + index.where);
  }

  void indexes(const Table& declared, const Table& found) {
    for (const auto& index : declared.indexes) {
      const auto* other = named(found.indexes, index.name);
      const bool same = other != nullptr && other->columns == index.columns &&
                        other->unique == index.unique && other->where == index.where;
      if (same) continue;
      const auto what = fmt::format("the index {} of {} {}", index.name, declared.name,
                                    other == nullptr ? "is missing" : "is another one");
      const auto remedy = fmt::format("orrery db shell, then: {}{}",
                                      other == nullptr ? "" : "DROP INDEX " + index.name + "; ",
                                      make_index(declared, index));
      if (index.unique == Unique::yes) {
        fault(what, remedy);
      } else {
        note(what, remedy);
      }
    }
    for (const auto& index : found.indexes) {
      if (named(declared.indexes, index.name) != nullptr) continue;
      note(fmt::format("the index {} of {} is not declared", index.name, declared.name),
           fmt::format("if nothing of yours needs it: DROP INDEX {}", index.name));
    }
  }

  std::vector<Difference> list_;
};

}  // namespace

std::string bare_condition(std::string_view condition) {
  auto bare = lower(condition);
  std::erase_if(bare, [](char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '(' || c == ')' || c == '"';
  });
  return bare;
}

const Model& declared_model() {
  static const Model model = make_model();
  return model;
}

std::vector<Difference> differences(const Model& declared, const Model& found) {
  Comparison comparison;
  for (const auto& table : declared) {
    const auto* other = named(found, table.name);
    if (other == nullptr) {
      comparison.missing(table);
    } else {
      comparison.table(table, *other);
    }
  }
  return comparison.take();
}

Result<> validate(const std::vector<Difference>& differences) {
  std::vector<std::string> faults;
  for (const auto& difference : differences) {
    if (difference.weight == Difference::Weight::fault) faults.push_back(difference.what);
  }
  if (faults.empty()) return {};
  Error wrong{ErrorKind::corrupt,
              "the database is not what its migrations made: " + join(faults, "; ")};
  return fail(
      std::move(wrong).remedy("orrery db validate lists what differs and what to do about each"));
}

}  // namespace orrery::storage
