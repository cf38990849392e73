// orrery-drill: the product, plus parts and commands that misbehave on request. For stories only.
//
//   DRILL_START   what the component "drill" does in its start: hang (until cancelled), stubborn
//                 (ignores the cancellation), fail, throw, slow (two seconds), block (the bot
//                 strand, for good), leak (leaves a task that never ends)
//   DRILL_STOP    the same words for its stop
//   DRILL_CRITICAL=no   makes it degradable
//   DRILL_PARTS   so many more components, a tree, each taking some milliseconds
//   commands      !block MS (blocks the bot strand), !sleep MS (waits as it should), !throw,
//                 !hog (takes memory until there is none), !chatter N (writes N lines to the log)
#include <cstdlib>

#include <poll.h>
#include <sys/resource.h>

#include "app/command_line.h"
#include "app/program.h"

namespace {

using namespace orrery;
using namespace std::chrono_literals;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

[[noreturn]] void block_for_good() {
  while (true) ::poll(nullptr, 0, 1000);
}

asio::awaitable<void> never_end(lifecycle::Context context) {
  auto pause = async::sleep_until(context.clock(), async::never, {});
  co_await std::move(pause);
}

// Where !chatter writes; the program's journal outlives every command.
Journal* journal_of_program = nullptr;

// One of many: stands on another, and takes its time.
class Part final : public lifecycle::Component {
 public:
  explicit Part(int number) : number_{number} {}
  Part(Part&, int number) : number_{number} {}
  Task<> start(lifecycle::Context context) override {
    const auto until = context.clock().now() + std::chrono::milliseconds{number_ % 7};
    auto pause = async::sleep_until(context.clock(), until, context.token());
    co_await std::move(pause);
    co_return Result<>{};
  }

 private:
  int number_;
};

void add_parts(lifecycle::Assembly& app, int count) {
  std::vector<lifecycle::Handle<Part>> parts;
  for (int i = 1; i <= count; ++i) {
    const auto name = "part-" + std::to_string(i);
    if (i == 1) {
      parts.push_back(app.runtime.add<Part>(name, lifecycle::needs(), i));
    } else {
      const auto& parent = parts[static_cast<std::size_t>(i / 4)];
      parts.push_back(app.runtime.add<Part>(name, lifecycle::needs(parent), i));
    }
  }
}

class Drill final : public lifecycle::Component {
 public:
  Task<> start(lifecycle::Context context) override {
    journal_of_program = &context.journal();
    return misbehave(std::move(context), variable("DRILL_START"));
  }
  Task<> stop(lifecycle::Context context, lifecycle::Outcome) override {
    return misbehave(std::move(context), variable("DRILL_STOP"));
  }

 private:
  static Task<> misbehave(lifecycle::Context context, std::string how) {
    if (how.empty()) co_return Result<>{};
    context.doing("drilling: " + how);
    if (how == "fail")
      co_return fail(Error{ErrorKind::unavailable, "drilled to fail"}.remedy("unset DRILL_START"));
    if (how == "throw") throw 42;  // not even a std::exception
    if (how == "block") block_for_good();
    if (how == "leak") {
      context.scope().spawn("leaked task", never_end(context));
      co_return Result<>{};
    }
    const auto until = how == "slow" ? context.clock().now() + 2s : async::never;
    const auto token = how == "stubborn" ? async::StopToken{} : context.token();
    auto pause = async::sleep_until(context.clock(), until, token);
    const auto end = co_await std::move(pause);
    if (end == async::WaitEnd::stopped) co_return fail(ErrorKind::cancelled, "gave way");
    co_return Result<>{};
  }
};

std::chrono::milliseconds duration_of(const chat::Invocation& invocation) {
  return std::chrono::milliseconds{std::strtol(invocation.arguments.c_str(), nullptr, 10)};
}

Task<std::string> block(chat::Invocation invocation) {
  ::poll(nullptr, 0, static_cast<int>(duration_of(invocation).count()));
  co_return std::string{"unblocked"};
}

Task<std::string> hog(chat::Invocation) {
  const rlimit little{std::size_t{1} << 30U, std::size_t{1} << 30U};
  setrlimit(RLIMIT_AS, &little);
  std::vector<std::unique_ptr<char[]>> taken;  // NOLINT(modernize-avoid-c-arrays)
  while (true) taken.push_back(std::make_unique<char[]>(1U << 20U));
}

Task<std::string> throws(chat::Invocation) {
  throw std::runtime_error{"drilled to throw"};
  co_return std::string{};
}

// The clock outlives all.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> sleep_for(async::Clock& clock, chat::Invocation invocation) {
  auto pause = async::sleep_until(clock, clock.now() + duration_of(invocation), invocation.token);
  const auto end = co_await std::move(pause);
  if (end == async::WaitEnd::stopped) co_return fail(ErrorKind::cancelled, "woken by a stop");
  co_return std::string{"slept"};
}

// 25,000 lines a second, in bursts that the log can write.
Task<std::string> chatter(async::Clock& clock, chat::Invocation invocation) {
  const auto count = std::strtol(invocation.arguments.c_str(), nullptr, 10);
  for (long i = 1; i <= count; ++i) {
    const auto level = i % 50 == 0 ? Level::warn : Level::info;
    journal_of_program->write(level, "drill", "said something", {{"number", std::int64_t{i}}});
    if (i % 1000 != 0) continue;
    auto pause = async::sleep_until(clock, clock.now() + 40ms, invocation.token);
    co_await std::move(pause);
  }
  co_return std::string{"said it all"};
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

void add_commands(chat::CommandRegistry& commands, async::Clock& clock) {
  const auto sleep = [&clock](chat::Invocation invocation) {
    return sleep_for(clock, std::move(invocation));
  };
  const auto talk = [&clock](chat::Invocation invocation) {
    return chatter(clock, std::move(invocation));
  };
  const chat::Declaration amount{
      .parameters = {{.name = "amount", .kind = chat::Kind::integer, .least = 0}}};
  const bool added =
      commands.add({.name = "chatter",
                    .summary = "Logs N lines.",
                    .access = chat::Access::open,
                    .takes = amount,
                    .run = talk}) &&
      commands.add({.name = "block",
                    .summary = "Blocks.",
                    .access = chat::Access::open,
                    .takes = amount,
                    .run = block}) &&
      commands.add({.name = "sleep",
                    .summary = "Waits.",
                    .access = chat::Access::open,
                    .takes = amount,
                    .run = sleep}) &&
      commands.add({.name = "hog",
                    .summary = "Takes all memory.",
                    .access = chat::Access::open,
                    .run = hog}) &&
      commands.add(
          {.name = "throw", .summary = "Throws.", .access = chat::Access::open, .run = throws});
  if (!added) std::abort();
}

void extend(app::RunOptions& options) {
  options.wire_more = [](lifecycle::Assembly& app, async::Strand bot) {
    auto drill = app.runtime.add<Drill>("drill", lifecycle::needs());
    add_parts(app, std::atoi(variable("DRILL_PARTS").c_str()));
    if (variable("DRILL_CRITICAL") == "no") drill.degradable();
    if (variable("DRILL_START") == "block" || variable("DRILL_STOP") == "block") drill.on(bot);
  };
  options.add_more_commands = add_commands;
}

}  // namespace

int main(int argc, char** argv) { return app::run_command_line(argc, argv, extend); }
