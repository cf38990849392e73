// orrery-bench-commands ROUNDS FOLDER: what stands before every command: finding the prefix, the
// command and its arguments, and the permission to use it.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <malloc.h>

#include "async/scope.h"
#include "chat/command_stage.h"
#include "records/prefixes.h"

namespace {

using namespace orrery;
using namespace orrery::chat;
using Clock = std::chrono::steady_clock;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "orrery-bench-commands: %s\n", result.error().text().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Nanoseconds for each of `count` calls.
template <class F>
double nanoseconds(int count, F work) {
  const auto begun = Clock::now();
  for (int i = 0; i < count; ++i) work(i);
  return std::chrono::duration<double, std::nano>(Clock::now() - begun).count() / count;
}

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
template <class T>
asio::awaitable<void> keep(Task<T> task, std::optional<Result<T>>& result) {
  result = co_await std::move(task);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
template <class T>
Result<T> wait_for(Task<T> task) {
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"bench", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::optional<Result<T>> result;
  scope.spawn("task", keep<T>(std::move(task), result));
  io.run();
  return std::move(*result);
}

async::Patience patience() { return {Clock::now() + std::chrono::minutes{1}, {}}; }

std::string guild_id(int i) { return fmt::format("8812312312{:08}", i); }
std::string user_id(int i) { return fmt::format("7712312312{:08}", i); }

Task<std::string> nothing(Invocation) { co_return std::string{}; }

CommandRegistry thousand_commands() {
  CommandRegistry commands;
  for (int i = 0; i < 1000; ++i) {
    Command child{
        .name = "set",
        .takes = {.parameters = {{.name = "value"}, {.name = "times", .kind = Kind::integer}}},
        .run = nothing};
    must(commands.add({.name = fmt::format("command{}", i), .run = nothing, .commands = {child}}));
  }
  return commands;
}

// As many guilds as asked, each with five ranked roles and two ranked commands.
class Rules final : public PermissionRecords {
 public:
  explicit Rules(int guilds) : guilds_{guilds} {}
  Task<TextNodes<GuildRules>> load(async::Patience) override {
    TextNodes<GuildRules> rules;
    for (int i = 0; i < guilds_; ++i) {
      auto& guild = rules[guild_id(i)];
      for (int role = 0; role < 5; ++role) guild.roles[user_id(role)] = *Rank::of(role);
      guild.commands["command1"] = *Rank::of(3);
      guild.commands["command2 set"] = *Rank::of(4);
      guild.user_exceptions["command3"][user_id(1)] = Exception::deny;
    }
    co_return rules;
  }
  Task<GuildRules> load_guild(std::string, async::Patience) override { co_return GuildRules{}; }
  Task<std::int64_t> keep(AuditEntry, std::optional<std::int64_t>, async::Patience) override {
    co_return 1;
  }
  Task<std::vector<AuditEntry>> audit(std::string, std::int64_t, std::size_t,
                                      async::Patience) override {
    co_return std::vector<AuditEntry>{};
  }
  Task<AuditEntry> entry(std::int64_t, async::Patience) override { co_return AuditEntry{}; }

 private:
  int guilds_;
};

void bench_permissions(int rounds) {
  std::printf("\n| permission check, in cache | ns, median |\n|---|---|\n");
  std::int64_t allowed = 0;
  for (const int guilds : {1, 1000, 100'000}) {
    Rules rules{guilds};
    Permissions permissions{rules, {}};
    must(wait_for(permissions.load(patience())));
    // The guilds that talk just now: their rules are in the processor's cache, whoever else exists.
    std::vector<std::string> talking;
    for (int i = 0; i < 16; ++i) talking.push_back(guild_id(i * 7919 % guilds));
    const std::vector<std::string> roles{user_id(0), user_id(2), user_id(4)};
    const std::string channel = "881231231231231231";
    const std::string user = user_id(9);
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
      times.push_back(nanoseconds(200'000, [&](int i) {
        const Subject who{.guild = talking[static_cast<std::size_t>(i) % talking.size()],
                          .channel = channel,
                          .id = user,
                          .roles = &roles};
        allowed += permissions.decide({.path = "command1 set"}, who).allowed() ? 1 : 0;
      }));
    }
    std::printf("| %d guilds | %.0f (goal 200) |\n", guilds, median(times));
  }
  if (allowed == 0) std::exit(1);
}

struct Nowhere final : Outlet {
  void reply(const Message&, std::string) override { ++replies; }
  void handled(const Message&, Handled) override {}
  std::size_t replies = 0;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<void> take_all(CommandStage& stage, const Message& like,
                               const std::vector<std::string>& texts, int count) {
  const auto outlet = std::make_shared<Nowhere>();
  for (int i = 0; i < count; ++i) {
    auto exchange = std::make_shared<Exchange>(
        Exchange{.message = like, .outlet = outlet, .deadline = async::never, .token = {}});
    exchange->message.text = texts[static_cast<std::size_t>(i) % texts.size()];
    auto taking = stage.take(std::move(exchange));
    co_await std::move(taking);
  }
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

// Nanoseconds a message.
double through_the_stage(CommandStage& stage, const Message& like,
                         const std::vector<std::string>& texts) {
  constexpr int count = 100'000;
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"bench", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  scope.spawn("messages", take_all(stage, like, texts, count));
  const auto begun = Clock::now();
  io.run();
  return std::chrono::duration<double, std::nano>(Clock::now() - begun).count() / count;
}

void bench_dispatch(int rounds) {
  auto commands = thousand_commands();
  MemoryPrefixes prefixes{"!"};
  Rules rules{1000};
  Permissions permissions{rules, {.otherwise = Unconfigured::allow, .never = {}}};
  must(wait_for(permissions.load(patience())));
  MemorySettings settings;
  Journal journal;
  async::ManualClock clock;
  CommandStage stage{{commands, prefixes, permissions, settings, journal, clock}, {}};
  Message message{.id = "1",
                  .platform = "bench",
                  .guild = guild_id(7),
                  .channel = "c",
                  .author = {user_id(9), "U", Standing::user, {user_id(4)}},
                  .text = {}};
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(fmt::format("!command{} set blue {}", i, i));
  std::vector<double> times;
  std::size_t found = 0;
  for (int round = 0; round < rounds; ++round) {
    times.push_back(nanoseconds(100'000, [&](int i) {
      message.text = texts[static_cast<std::size_t>(i) % texts.size()];
      const auto call = stage.recognise(message);
      auto given =
          parse(call->match->node->declaration.takes, call->match->rest, {message.guild, nullptr});
      if (given && permissions.may_use(*call->match->node, message)) ++found;
    }));
  }
  std::printf("\n| 1,000 commands | ns, median |\n|---|---|\n");
  std::printf("| prefix, command, two arguments, permission | %.0f (goal 1000) |\n", median(times));
  if (found == 0) std::exit(1);
  std::vector<double> whole;
  for (int round = 0; round < rounds; ++round)
    whole.push_back(through_the_stage(stage, message, texts));
  std::printf("| the same with limits, the handler's coroutine and its answer | %.0f |\n",
              median(whole));
}

double heap() { return static_cast<double>(mallinfo2().uordblks); }

void bench_prefixes(int rounds, const std::string& folder) {
  constexpr int guilds = 100'000;
  Journal journal;
  storage::DatabaseNumbers numbers;
  auto backend = must(storage::make_backend({.url = "sqlite:prefixes.db", .data_folder = folder}));
  storage::Database database{std::move(backend), {}, journal, numbers};
  must(wait_for(database.open(patience())));
  for (int i = 0; i < guilds; i += 1000) {
    std::vector<storage::Statement> statements;
    for (int k = i; k < i + 1000; ++k) {
      statements.push_back({"INSERT INTO prefixes VALUES ($1, $2) ON CONFLICT DO NOTHING",
                            {guild_id(k), fmt::format("{}", "!?.$%&"[k % 6])}});
    }
    must(wait_for(database.write(std::move(statements), patience())));
  }
  std::vector<double> times;
  std::vector<double> sizes;
  for (int round = 0; round < rounds; ++round) {
    const double before = heap();
    records::StoredPrefixes prefixes{database, "!"};
    const auto begun = Clock::now();
    must(wait_for(prefixes.load(patience())));
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    sizes.push_back((heap() - before) / 1e6);
  }
  std::printf("\n| 100,000 guilds' prefixes | |\n|---|---|\n");
  std::printf("| loaded from SQLite | %.0f ms (goal 300) |\n", median(times));
  std::printf("| in memory | %.1f MB (goal 10) |\n", median(sizes));
  must(wait_for(database.close()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int rounds = std::atoi(argv[1]);
  bench_permissions(rounds);
  bench_dispatch(rounds);
  bench_prefixes(std::min(rounds, 5), argv[2]);
}
