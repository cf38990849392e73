#include "chat/command.h"

#include <algorithm>
#include <set>

#include "chat/words.h"
#include "core/text.h"

namespace orrery::chat {
namespace {

// What every platform can show. Source: Discord's application commands, the narrowest of them.
constexpr std::size_t longest_name = 32;
constexpr std::size_t longest_summary = 100;
constexpr std::size_t most_arguments = 25;
constexpr std::size_t most_choices = 25;
constexpr std::size_t most_children = 25;
constexpr int deepest = 3;

Result<> check_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!name.empty() && name.size() <= longest_name && std::ranges::all_of(name, fits)) return {};
  return fail(ErrorKind::invalid, "'{}' is no name: use up to {} of a-z, 0-9, - and _",
              printable(name), longest_name);
}

Result<> check_choices(const Parameter& p) {
  if (p.kind != Kind::choice) return {};
  if (p.choices.empty()) return fail(ErrorKind::invalid, "'{}' has no choices", p.name);
  if (p.choices.size() > most_choices)
    return fail(ErrorKind::invalid, "'{}' has more than {} choices", p.name, most_choices);
  return {};
}

// A required one after an optional one, or anything after a rest, could never be given.
Result<> check_order(const std::vector<Parameter>& parameters) {
  bool optional = false;
  for (const auto& p : parameters) {
    if (&p != &parameters.back() && p.kind == Kind::rest)
      return fail(ErrorKind::invalid, "nothing can follow the rest '{}'", p.name);
    if (optional && p.need == Need::required)
      return fail(ErrorKind::invalid, "'{}' is required, but stands after an optional one", p.name);
    optional = optional || p.need == Need::optional;
  }
  return {};
}

// Arguments are known by their names, so no two have one.
Result<> check_takes(const Declaration& takes) {
  std::set<std::string_view> names;
  const auto good = [&](const std::string& name, const Parameter* p) -> Result<> {
    if (auto named = check_name(name); !named) return named;
    if (!names.insert(name).second)
      return fail(ErrorKind::conflict, "two of its arguments are called '{}'", name);
    return p == nullptr ? Result<>{} : check_choices(*p);
  };
  for (const auto& p : takes.parameters) {
    if (auto fine = good(p.name, &p); !fine) return fine;
  }
  for (const auto& flag : takes.flags) {
    if (auto fine = good(flag.name, flag.takes ? &*flag.takes : nullptr); !fine) return fine;
  }
  if (names.size() > most_arguments)
    return fail(ErrorKind::invalid, "a command takes at most {} arguments", most_arguments);
  return check_order(takes.parameters);
}

Result<> check_limits(const Command& command) {
  const bool cools = !command.cooldown ||
                     (command.cooldown->uses > 0 && command.cooldown->within > Duration::zero());
  if (cools && (!command.concurrency || command.concurrency->most > 0)) return {};
  return fail(ErrorKind::invalid, "its limits let nobody use it");
}

Result<> check_declaration(const Command& command, int depth) {
  if (auto good = check_name(command.name); !good) return good;
  for (const auto& alias : command.aliases) {
    if (auto good = check_name(alias); !good) return good;
  }
  if (command.summary.size() > longest_summary)
    return fail(ErrorKind::invalid, "the summary has more than {} bytes", longest_summary);
  if (depth > deepest) return fail(ErrorKind::invalid, "commands are at most {} deep", deepest);
  if (command.commands.size() > most_children)
    return fail(ErrorKind::invalid, "a group has at most {} commands", most_children);
  if (!command.run && command.commands.empty())
    return fail(ErrorKind::invalid, "it neither does anything nor has commands of its own");
  if (auto good = check_limits(command); !good) return good;
  return check_takes(command.takes);
}

Task<std::string> refuse(Error error) { co_return fail(std::move(error)); }

// What runs a command demands the grant for this very one.
auto guarded(std::string path, decltype(Command::run) run) {
  return [path = std::move(path), run = std::move(run)](Invocation invocation) {
    if (invocation.granted->command == path) return run(std::move(invocation));
    return refuse({ErrorKind::denied, fmt::format("'{}' was run with the grant for '{}'", path,
                                                  invocation.granted->command)});
  };
}

Result<> add_to(Node& parent, Command command, int depth);

Result<std::shared_ptr<const Node>> make_node(const Node& parent, Command command, int depth) {
  if (auto good = check_declaration(command, depth); !good)
    return fail(std::move(good).error().with(fmt::format("the command '{}'", command.name)));
  auto node = std::make_shared<Node>();
  node->path = parent.path.empty() ? command.name : parent.path + " " + command.name;
  for (auto& child : std::exchange(command.commands, {})) {
    if (child.access == Access::ranked && command.access == Access::owner)
      child.access = Access::owner;
    if (auto added = add_to(*node, std::move(child), depth + 1); !added)
      return fail(std::move(added).error());
  }
  if (command.run) command.run = guarded(node->path, std::move(command.run));
  node->declaration = std::move(command);
  return node;
}

bool is_taken(const Node& parent, const std::string& name) {
  return parent.children.contains(name) || parent.aliases.contains(name);
}

Result<> add_to(Node& parent, Command command, int depth) {
  auto names = command.aliases;
  names.push_back(command.name);
  for (const auto& name : names) {
    if (is_taken(parent, name))
      return fail(ErrorKind::conflict, "the command '{}' exists already", name);
  }
  auto node = make_node(parent, std::move(command), depth);
  if (!node) return fail(std::move(node).error());
  const auto& made = (*node)->declaration;
  for (const auto& alias : made.aliases) parent.aliases.emplace(alias, made.name);
  parent.children.emplace(made.name, std::move(*node));
  return {};
}

void collect(const Node& node, std::vector<std::shared_ptr<const Node>>& list) {
  for (const auto& [name, child] : node.children) {
    list.push_back(child);
    collect(*child, list);
  }
}

}  // namespace

std::string_view name_of(Per per) {
  switch (per) {
    case Per::user:
      return "user";
    case Per::channel:
      return "channel";
    case Per::guild:
      return "guild";
  }
  std::unreachable();
}

std::shared_ptr<const Node> Node::child(std::string_view name) const {
  auto at = children.find(name);
  if (at == children.end()) {
    const auto alias = aliases.find(name);
    if (alias == aliases.end()) return nullptr;
    at = children.find(alias->second);
  }
  return at->second;
}

Result<> CommandRegistry::add(Command command) { return add_to(root_, std::move(command), 1); }

void CommandRegistry::remove(std::string_view name) {
  const auto at = root_.children.find(name);
  if (at == root_.children.end()) return;
  for (const auto& alias : at->second->declaration.aliases) root_.aliases.erase(alias);
  root_.children.erase(at);
}

std::optional<CommandRegistry::Match> CommandRegistry::match(std::string_view text) const {
  std::optional<Match> found;
  const Node* at = &root_;
  for (auto left = text; !left.empty() && !(found && at->children.empty());) {
    const auto [word, rest] = first_word(left);
    if (word.size() > longest_name) break;
    auto node = at->child(lower(word));
    if (!node) break;
    at = node.get();
    found = Match{std::move(node), rest};
    left = rest;
  }
  return found;
}

std::shared_ptr<const Node> CommandRegistry::find(std::string_view path) const {
  std::shared_ptr<const Node> found;
  const Node* at = &root_;
  for (const auto name : split(path, ' ')) {
    found = at->child(name);
    if (!found) return nullptr;
    at = found.get();
  }
  return found;
}

std::vector<std::string> CommandRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : root_.children) names.push_back(name);
  return names;
}

std::vector<std::shared_ptr<const Node>> all_of(const CommandRegistry& commands) {
  std::vector<std::shared_ptr<const Node>> list;
  collect(commands.root(), list);
  return list;
}

std::string usage_of(const Node& node, std::string_view prefix) {
  const auto takes = usage_of(node.declaration.takes);
  const auto call = fmt::format("{}{}", prefix, node.path);
  if (!node.declaration.run) return call + " COMMAND";
  return takes.empty() ? call : call + " " + takes;
}

}  // namespace orrery::chat
