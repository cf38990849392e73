#include "app/cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <span>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "app/cli/client.h"
#include "config/schema.h"
#include "core/text.h"

namespace orrery::app::cli {
namespace {

class Parser {
 public:
  Parser() {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_help_flag("-h,--help", "Say what this does, and end");
    app_.set_help_all_flag("--help-all", "Say what every command does, and end");
    app_.add_option(
            "--config", line_.common.config,
            "Configuration file (else $ORRERY_CONFIG, ./orrery.toml, /etc/orrery/orrery.toml)")
        ->type_name("FILE");
    app_.add_option("--data", line_.common.data,
                    "Data folder (else $STATE_DIRECTORY, ~/.local/state/orrery)")
        ->type_name("DIR");
    app_.add_flag("--json", line_.common.json, "Answer in JSON");
    app_.footer(
        "Exit codes of run: 0 stopped on request, 1 start failed, 2 usage, 3 something did not "
        "stop,\n"
        "78 configuration error, 128+n forced by a repeated signal. Of the others: 0 yes, 1 no,\n"
        "2 usage, 69 no running bot in that data folder.");
    add_run();
    add_chat();
    add<Check>("check", "Check configuration, database and port, starting nothing");
    add<Status>("status", "Say how the running bot is");
    add_retry();
    add_restart();
    add<Stop>("stop", "Stop the running bot, and wait until it has");
    add_analyze();
    add_user();
    add_config();
    add_db();
    add_commands();
    add_log();
    add<Version>("version", "Say which version this is");
  }

  std::variant<CommandLine, int> parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      if (e.get_exit_code() == 0) return app_.exit(e);
      const auto slip = unknown_command(argc, argv);
      const std::span words{argv, static_cast<std::size_t>(argc)};
      const bool json =
          std::ranges::any_of(words, [](std::string_view w) { return w == "--json"; });
      if (json)
        print_json({{"status", "error"}, {"message", slip.empty() ? std::string{e.what()} : slip}});
      if (slip.empty()) return app_.exit(e), 2;
      std::fprintf(stderr, "orrery: %s\n", slip.c_str());
      return 2;
    }
    line_.common.program = argv[0];
    return std::move(line_);
  }

 private:
  // The first word that should name a command and names none, with the nearest that does; empty if
  // every one does.
  std::string unknown_command(int argc, char** argv) const {
    const CLI::App* at = &app_;
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (word == "--config" || word == "--data") ++i;  // its value is no command
      if (word.starts_with("-")) continue;
      const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
      if (commands.empty()) return {};
      const auto found = std::ranges::find(commands, word, &CLI::App::get_name);
      if (found == commands.end()) return no_command(*at, word, commands);
      at = *found;
    }
    return {};
  }
  static std::string no_command(const CLI::App& within, const std::string& word,
                                const std::vector<const CLI::App*>& commands) {
    std::vector<std::string> names;
    for (const auto* command : commands) names.push_back(command->get_name());
    const auto group = within.get_parent() == nullptr ? "orrery" : "orrery " + within.get_name();
    return fmt::format("there is no command '{}'{}\n'{} --help' lists them", printable(word),
                       did_you_mean(word, names), group);
  }

  template <class T>
  CLI::App* add(const std::string& name, const std::string& what) {
    auto* command = app_.add_subcommand(name, what);
    command->fallthrough();
    command->set_help_flag("-h,--help", "Say what this does, and end");
    command->callback([this] {
      if (!std::holds_alternative<T>(line_.command)) line_.command = T{};
    });
    return command;
  }

  // The command's fields are options of a value that lives as long as the parser.
  template <class T>
  CLI::App* add(const std::string& name, const std::string& what, T& value) {
    auto* command = add<T>(name, what);
    command->callback([this, &value] { line_.command = value; });
    return command;
  }

  // "--http HOST:PORT" must name a port; the rest is the configuration's business.
  static std::string check_http(const std::string& text) {
    const auto colon = text.rfind(':');
    const auto port = colon == std::string::npos ? std::string{} : text.substr(colon + 1);
    const bool good = colon != 0 && !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
    return good ? "" : "write HOST:PORT, such as 127.0.0.1:6185";
  }

  void add_run() {
    auto* command = add("run", "Run the bot until it is stopped", run_);
    command->add_option("--http", run_.http, "Listen there instead of http.host and http.port")
        ->type_name("HOST:PORT")
        ->check(CLI::Validator{[](const std::string& text) { return check_http(text); }, ""});
    command->add_flag("--safe-mode", run_.safe_mode, "Start without plugins");
    command
        ->add_option("--on-failure", run_.on_failure,
                     "After a failed start: wait to be repaired, exit with 1, or try again")
        ->check(CLI::IsMember({"hold", "exit", "retry"}));
  }

  void add_chat() {
    auto* command = add("chat", "Talk to the running bot", chat_);
    command
        ->add_option("--as", chat_.as, "Speak as an ordinary user of that name, not as the owner")
        ->type_name("NAME");
    command
        ->add_option_function<std::string>(
            "--timeout",
            [this](const std::string& text) { chat_.timeout = *config::parse_duration(text); },
            "How long to wait for the bot and for an answer (5s)")
        ->type_name("DURATION")
        ->check(CLI::Validator{[](const std::string& text) {
                                 const auto parsed = config::parse_duration(text);
                                 return parsed ? std::string{} : parsed.error().text();
                               },
                               ""});
    command->add_option("message", chat_.message,
                        "What to say; without it, each line of standard input");
  }

  void add_retry() {
    auto* command = add("retry", "Bring the runtime up again after a failed start", retry_);
    command->add_flag("!--no-wait", retry_.wait, "Do not wait for the outcome");
  }

  void add_restart() {
    auto* command = add("restart",
                        "Replace the program in place by the one that is installed now: same "
                        "process, no connection refused",
                        restart_);
    command->add_flag("--runtime", runtime_,
                      "Only the runtime and online phases, in the same process");
    command
        ->add_option("--component", restart_.component, "Only this component and what stands on it")
        ->type_name("NAME");
    command->add_flag("!--no-wait", restart_.wait, "Do not wait for the outcome");
    command->callback([this] {
      restart_.in_place = !runtime_ && !restart_.component;
      line_.command = restart_;
    });
  }

  void add_analyze() {
    auto* command = add("analyze", "Explain how long the start took, and why", analyze_);
    command->require_subcommand(0, 1);
    const std::pair<const char*, std::pair<const char*, Analyze::What>> kinds[] = {
        {"blame", {"Components by the time they took", Analyze::What::blame}},
        {"critical-chain",
         {"The chain that decided when the bot was ready", Analyze::What::critical_chain}},
        {"plot", {"A picture of the start, as SVG on standard output", Analyze::What::plot}}};
    for (const auto& [name, kind] : kinds) {
      auto* sub = command->add_subcommand(name, kind.first);
      sub->fallthrough();
      sub->parse_complete_callback([this, what = kind.second] { analyze_.what = what; });
    }
  }

  void add_user() {
    auto* command = add("user", "Manage who may sign in", user_);
    command->require_subcommand(1);
    const auto sub = [&](const char* name, const char* what, User::Do todo, bool named) {
      auto* s = command->add_subcommand(name, what);
      s->fallthrough();
      s->parse_complete_callback([this, todo] { user_.what = todo; });
      if (!named) return;
      s->add_option("name", user_.name, "The user's name")->required();
      s->add_flag("--password-stdin", user_.password_stdin,
                  "Read the password from standard input");
    };
    sub("add", "Add a user", User::Do::add, true);
    sub("passwd", "Change a password, ending the user's sessions", User::Do::passwd, true);
    sub("totp-off", "End a user's second factor, for who has lost it", User::Do::totp_off, true);
    sub("list", "List the users", User::Do::list, false);
    sub("setup-link", "Print a new one-time link to make the first account", User::Do::setup_link,
        false);
  }

  void add_config() {
    auto* command = add("config", "Make, show or explain the configuration", config_);
    command->require_subcommand(1);
    const auto sub = [&](const char* name, const char* what, Config::Do todo) {
      auto* s = command->add_subcommand(name, what);
      s->fallthrough();
      s->parse_complete_callback([this, todo] { config_.what = todo; });
    };
    sub("init", "Write a commented orrery.toml (or the file of --config)", Config::Do::init);
    sub("show", "Show the settings in force and where each comes from", Config::Do::show);
    sub("schema", "Explain every key", Config::Do::schema);
  }

  void add_db() {
    auto* command = add("db", "Look after the database, also when no bot runs", db_);
    command->require_subcommand(1);
    const auto sub = [&](const char* name, const char* what, Db::Do todo) {
      auto* s = command->add_subcommand(name, what);
      s->fallthrough();
      s->parse_complete_callback([this, todo] { db_.what = todo; });
      return s;
    };
    sub("status", "Which database, which migrations, how large", Db::Do::status);
    sub("health", "Whether it answers and takes changes, and how fast", Db::Do::health);
    sub("migrate", "Bring it to this program's newest migration", Db::Do::migrate)
        ->add_flag("--dry-run", db_.dry_run, "Only print the SQL");
    sub("rollback", "Take the last migration back, or all above N", Db::Do::rollback)
        ->add_option("--to", db_.to, "The migration to go back to; 0 is before the first")
        ->type_name("N")
        ->check(CLI::Validator{[](const std::string& text) {
                                 const bool number =
                                     !text.empty() && text.size() < 7 &&
                                     text.find_first_not_of("0123456789") == std::string::npos;
                                 return number ? std::string{}
                                               : "'" + text + "' is not the number of a migration";
                               },
                               ""});
    sub("validate", "List every difference from what this program declares", Db::Do::validate);
    sub("backup", "Copy it, as it is at one instant", Db::Do::backup)
        ->add_option("file", db_.file, "Where to (else into backups/ of the data folder)");
    sub("restore", "Put a copy in its place; the bot must not run", Db::Do::restore)
        ->add_option("file", db_.file, "The copy: a file, or a name in backups/")
        ->required();
    sub("shell", "Open its own program: sqlite3 or psql", Db::Do::shell);
  }

  void add_commands() {
    auto* command = add("commands", "List the commands people can give the bot", commands_);
    auto* markdown = command->add_flag_callback(
        "--markdown", [this] { commands_.as = Commands::As::markdown; },
        "As a reference, in Markdown");
    command
        ->add_flag_callback(
            "--discord", [this] { commands_.as = Commands::As::discord; },
            "As Discord's application commands, in JSON")
        ->excludes(markdown);
    command->callback([this] { line_.command = commands_; });
  }

  void add_log() {
    auto* command = app_.add_subcommand("log", "Look at or change what is logged");
    command->fallthrough();
    command->require_subcommand(1);
    auto* level = command->add_subcommand(
        "level", "Show, or with LEVEL change, the least important lines written");
    level->fallthrough();
    level->add_option("level", level_.level, "debug, info, warn or error")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
    level->callback([this] { line_.command = level_; });
  }

  CLI::App app_{"Orrery takes a chat bot from process start to clean exit.", "orrery"};
  CommandLine line_;
  Run run_;
  Chat chat_;
  Retry retry_;
  Restart restart_;
  Analyze analyze_;
  User user_;
  Config config_;
  Db db_;
  Commands commands_;
  LogLevel level_;
  bool runtime_ = false;
};

}  // namespace

std::variant<CommandLine, int> parse(int argc, char** argv) {
  Parser parser;
  return parser.parse(argc, argv);
}

}  // namespace orrery::app::cli
