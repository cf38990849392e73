#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "config/load.h"

namespace orrery::config {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// A folder of its own for each test, with the words the tests speak in.
class Config : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "orrery-config-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{folder + "/" + name} << text;
  }
  Outcome read() const { return load(sources_with({})); }
  Outcome read(std::map<std::string, std::string> environment) const {
    return load(sources_with(std::move(environment)));
  }
  Sources sources_with(std::map<std::string, std::string> environment) const {
    return {.file = {}, .flags = {}, .environment = std::move(environment), .folder = folder};
  }
  std::string folder;
};

TEST_F(Config, Without_any_source_the_defaults_are_valid) {
  const auto out = read();
  EXPECT_TRUE(out.faults.empty()) << text_of(out.faults);
  EXPECT_EQ(out.loaded.settings.http.host, "127.0.0.1");
  EXPECT_EQ(out.loaded.settings.http.port, 6185);
  EXPECT_EQ(out.loaded.settings.commands.prefix, "!");
  EXPECT_EQ(out.loaded.settings.lifecycle.budgets.start, 10s);
}

TEST_F(Config, Every_fault_is_reported_with_file_line_key_and_the_nearest_name) {
  write("orrery.toml",
        "[http]\n"
        "prot = 1\n"
        "port = \"many\"\n"
        "[lifecycle]\n"
        "on_failure = \"retyr\"\n"
        "[lifecycle.budgets]\n"
        "start = 5\n"
        "[htpp]\n"
        "port = 3\n"
        "[database]\n"
        "url = \"mysql://x\"\n");
  const auto text = text_of(read().faults);
  const auto file = folder + "/orrery.toml";
  EXPECT_THAT(text,
              HasSubstr(file + ":2: http.prot: there is no such key, did you mean 'http.port'?"));
  EXPECT_THAT(text, HasSubstr(file + ":3: http.port: expected a whole number, found \"many\""));
  EXPECT_THAT(
      text,
      HasSubstr(
          ":5: lifecycle.on_failure: 'retyr' is none of hold, exit, retry, did you mean 'retry'?"));
  EXPECT_THAT(text, HasSubstr(":7: lifecycle.budgets.start: expected a duration"));
  EXPECT_THAT(text, HasSubstr(":8: htpp: there is no such section, did you mean 'http'?"));
  EXPECT_THAT(text, HasSubstr(":11: database.url: 'mysql' is not a database"));
}

TEST_F(Config, Malformed_toml_is_named_by_line) {
  write("orrery.toml", "[http]\nport = = 3\n");
  EXPECT_THAT(text_of(read().faults), HasSubstr("orrery.toml:2: is not valid TOML"));
}

TEST_F(Config, Stronger_layers_win) {
  write("orrery.toml",
        "[http]\nport = 1\nhost = \"a\"\n[commands]\nprefix = \"a\"\n[log]\nlevel = \"warn\"\n");
  write(".env", "ORRERY_HTTP__HOST=b\nexport ORRERY_COMMANDS__PREFIX='b'\n");
  auto sources = sources_with({{"ORRERY_COMMANDS__PREFIX", "c"}});
  sources.flags = {{"http.port", "3"}};
  const auto out = load(sources);
  ASSERT_TRUE(out.faults.empty()) << text_of(out.faults);
  EXPECT_EQ(out.loaded.settings.http.port, 3);
  EXPECT_EQ(out.loaded.settings.http.host, "b");
  EXPECT_EQ(out.loaded.settings.commands.prefix, "c");
  EXPECT_EQ(out.loaded.settings.log.level, Level::warn);
}

TEST_F(Config, Secrets_come_from_files_and_are_never_shown) {
  write("token", "very-secret\n");
  const auto out = read({{"ORRERY_DISCORD_TOKEN_FILE", folder + "/token"},
                         {"ORRERY_DATABASE__URL", "postgresql://me:pass%40word@host:1/db"}});
  ASSERT_TRUE(out.faults.empty()) << text_of(out.faults);
  EXPECT_EQ(out.loaded.settings.discord.token.reveal(), "very-secret");
  const auto shown = show(out.loaded);
  EXPECT_THAT(shown, Not(HasSubstr("very-secret")));
  EXPECT_THAT(shown, Not(HasSubstr("pass%40word")));
  EXPECT_THAT(shown, HasSubstr("postgresql://me:***@host:1/db"));
  EXPECT_EQ(secrets_of(out.loaded.settings).size(), 2U);
}

TEST_F(Config, Systemd_credentials_are_read) {
  write("discord.token", "from-systemd");
  const auto out = read({{"CREDENTIALS_DIRECTORY", folder}});
  EXPECT_EQ(out.loaded.settings.discord.token.reveal(), "from-systemd");
}

TEST_F(Config, A_misspelt_variable_is_a_fault_and_a_foreign_one_is_not) {
  const auto out = read({{"ORRERY_HTTP__PROT", "1"}, {"ORRERY_CONTAINER", "x"}, {"HOME", "/"}});
  ASSERT_EQ(out.faults.size(), 1U);
  EXPECT_EQ(out.faults[0].where, "ORRERY_HTTP__PROT");
}

TEST_F(Config, A_file_that_was_named_must_exist) {
  auto sources = sources_with({});
  sources.file = folder + "/nowhere.toml";
  EXPECT_THAT(text_of(load(sources).faults), HasSubstr("nowhere.toml: the file named by --config"));
}

TEST_F(Config, The_sample_with_every_line_uncommented_is_valid) {
  std::string text;
  std::istringstream lines{sample()};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ") && line.find(" = ") != std::string::npos) line = line.substr(2);
    if (line.starts_with("token") || line.starts_with("dsn")) continue;
    text += line + "\n";
  }
  write("orrery.toml", text);
  EXPECT_TRUE(read().faults.empty()) << text_of(read().faults) << text;
}

TEST(Duration, Is_a_number_with_a_unit) {
  const struct {
    std::string_view text;
    std::optional<Duration> duration;
  } cases[] = {{"5s", 5s},
               {"250ms", 250ms},
               {"2m", 2min},
               {"1h", 1h},
               {"5", std::nullopt},
               {"-1s", std::nullopt},
               {"5 s", std::nullopt},
               {"", std::nullopt},
               {"s", std::nullopt},
               {"99999999999h", std::nullopt}};
  for (const auto& c : cases) {
    const auto parsed = parse_duration(c.text);
    EXPECT_EQ(parsed ? std::optional{*parsed} : std::nullopt, c.duration) << c.text;
  }
}

TEST_F(Config, A_zero_byte_in_the_file_is_a_fault_with_its_line) {
  const auto outcome = load({.file = "f",
                             .text = std::string{"[http]\n[\0\0[\n", 12},
                             .flags = {},
                             .environment = {},
                             .folder = "/nonexistent"});
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_EQ(outcome.faults[0].where, "f:2");
}

}  // namespace
}  // namespace orrery::config
