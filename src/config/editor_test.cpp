#include "config/editor.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::config {
namespace {

using testing::HasSubstr;

class Edit : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "orrery-edit-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  // An editor of a file with that text, which is in force.
  Editor& editing(const std::string& text) {
    std::ofstream{folder + "/orrery.toml"} << text;
    Sources sources{.flags = {}, .environment = {}, .folder = folder};
    configuration = std::make_unique<Configuration>(sources, load(sources).loaded);
    editor = std::make_unique<Editor>(*configuration);
    return *editor;
  }
  std::string on_disk(const std::string& name = "orrery.toml") const {
    std::ifstream in{folder + "/" + name};
    return {(std::istreambuf_iterator<char>(in)), {}};
  }

  std::string folder;
  std::unique_ptr<Configuration> configuration;
  std::unique_ptr<Editor> editor;
};

TEST_F(Edit, Secrets_are_shown_as_markers_and_kept_by_a_text_that_still_has_them) {
  auto& e = editing(
      "[discord]\ntoken = \"very-secret\"\n[database]\nurl = "
      "\"postgresql://bot:hunter22@db/x\"\n");
  const auto document = e.open().value();
  EXPECT_THAT(document.text, HasSubstr("token = \"(secret discord.token)\""));
  EXPECT_THAT(document.text, HasSubstr("bot:(secret database.url)@db"));
  ASSERT_TRUE(e.save(document.text + "[commands]\nprefix = \"?\"\n", document.version));
  EXPECT_THAT(on_disk(), HasSubstr("token = \"very-secret\""));
  EXPECT_THAT(on_disk(), HasSubstr("bot:hunter22@db"));
  EXPECT_THAT(on_disk(), HasSubstr("prefix = \"?\""));
}

TEST_F(Edit, A_secret_in_a_broken_file_is_not_shown_either) {
  EXPECT_THAT(mask_secrets("[discord\ntoken = \"very-secret\"\n", Settings{}),
              Not(HasSubstr("very-secret")));
}

TEST_F(Edit, No_way_of_writing_a_secret_shows_it) {
  for (const auto* text :
       {"discord = { token = \"very-secret\" }\n", "\"discord\".\"token\" = 'very-secret'\n",
        "[discord]\n\"token\" = \"very-\\u0073ecret\"\n",
        "[discord]\ntoken = \"\"\"\nvery-secret\"\"\"\n", "[discord]\n# token = \"very-secret\"\n",
        "[database]\nurl = \"mysql://u:very-secret@h/x\"\n",
        "[discord]\ntoken = [\"very-secret\"]\n",
        "oops\n[database]\nurl = \"postgresql://u:very-secret@h/x\"\n",
        "oops\n[discord]\n\"token\" = \"\"\"\nvery-secret\n\"\"\"\n",
        "oops\nsentry = { dsn = \"very-secret\" }\n"}) {
    const auto masked = mask_secrets(text, Settings{});
    EXPECT_THAT(masked, Not(HasSubstr("secret@"))) << text;
    EXPECT_THAT(masked, Not(HasSubstr("very-"))) << text;
  }
}

TEST_F(Edit, A_marker_is_worth_nothing_but_at_its_own_key) {
  auto& e = editing(
      "[discord]\ntoken = \"very-secret\"\n[database]\nurl = \"postgresql://bot:hunter22@db/x\"\n");
  for (const auto* text : {"[log]\nlevel = \"(secret discord.token)\"\n",
                           "[http]\nallowed_hosts = [\"(secret discord.token)\"]\n",
                           "[database]\nurl = \"sqlite:(secret discord.token)\"\n",
                           "[commands]\nprefix = \"(secret discord.token)\"\n",
                           "[database]\nurl = \"sqlite:(secret database.url)\"\n",
                           "[discord]\ntoken = \"x(secret discord.token)\"\n",
                           "[sentry]\ndsn = \"(secret discord.token)\"\n"}) {
    const auto verdict = e.check(text);
    std::string said = verdict ? text_of(verdict->faults) : verdict.error().text();
    if (verdict) {
      for (const auto& change : verdict->changes) said += change.after;
    }
    EXPECT_THAT(said, Not(HasSubstr("very-secret"))) << text;
    EXPECT_THAT(said, Not(HasSubstr("hunter22"))) << text;
  }
}

TEST_F(Edit, A_marker_for_no_secret_is_refused) {
  auto& e = editing("");
  EXPECT_FALSE(e.check("[discord]\ntoken = \"(secret discord.token)\"\n"));
}

TEST_F(Edit, A_faulty_text_is_not_written_and_every_fault_is_named_with_its_line) {
  auto& e = editing("[commands]\nprefix = \"!\"\n");
  const auto faulty = "[http]\nport = \"x\"\n[comands]\nprefix = \"?\"\n";
  const auto verdict = e.check(faulty).value();
  ASSERT_EQ(verdict.faults.size(), 2U);
  EXPECT_EQ(verdict.faults[0].line, 2U);
  EXPECT_THAT(verdict.faults[1].what, HasSubstr("commands"));
  EXPECT_FALSE(e.save(faulty, e.open()->version));
  EXPECT_EQ(on_disk(), "[commands]\nprefix = \"!\"\n");
}

TEST_F(Edit, What_somebody_else_has_written_meanwhile_is_not_overwritten) {
  auto& e = editing("[commands]\nprefix = \"!\"\n");
  const auto version = e.open()->version;
  std::ofstream{folder + "/orrery.toml"} << "[commands]\nprefix = \"#\"\n";
  const auto saved = e.save("[commands]\nprefix = \"?\"\n", version);
  EXPECT_EQ(saved.error().kind(), ErrorKind::conflict);
  EXPECT_THAT(on_disk(), HasSubstr("#"));
}

TEST_F(Edit, The_text_before_is_kept_beside_it_and_changes_are_named) {
  auto& e = editing("[commands]\nprefix = \"!\"\n");
  const auto verdict = e.check("[commands]\nprefix = \"?\"\n").value();
  ASSERT_EQ(verdict.changes.size(), 1U);
  EXPECT_EQ(verdict.changes[0].key, "commands.prefix");
  EXPECT_EQ(verdict.changes[0].after, "\"?\"");
  ASSERT_TRUE(e.save("[commands]\nprefix = \"?\"\n", e.open()->version));
  EXPECT_EQ(on_disk("orrery.toml.bak"), "[commands]\nprefix = \"!\"\n");
}

TEST_F(Edit, A_file_that_is_not_there_yet_is_made) {
  Sources sources{.flags = {}, .environment = {}, .folder = folder};
  configuration = std::make_unique<Configuration>(sources, load(sources).loaded);
  const Editor e{*configuration};
  const auto document = e.open().value();
  EXPECT_FALSE(document.exists);
  ASSERT_TRUE(e.save("[commands]\nprefix = \"?\"\n", document.version));
  EXPECT_EQ(on_disk(), "[commands]\nprefix = \"?\"\n");
}

TEST(EditKey, Sets_adds_and_removes_one_key_and_leaves_the_rest) {
  const struct {
    const char* text;
    const char* key;
    std::optional<std::string> value;
    const char* expected;
  } cases[] = {
      {"", "http.port", "1", "[http]\nport = 1\n"},
      {"[http]\nhost = \"h\"\n", "http.port", "1", "[http]\nport = 1\nhost = \"h\"\n"},
      {"[http]\nport = 2 # why\n", "http.port", "1", "[http]\nport = 1\n"},
      {"# top\n\n[http]\n# Port they listen on.\n# port = 6185\n", "http.port", "1",
       "# top\n\n[http]\n# Port they listen on.\nport = 1\n"},
      {"[http]\nport = 2\n[log]\nfile = true\n", "http.port", std::nullopt,
       "[http]\n[log]\nfile = true\n"},
      {"[log]\nport = 3\n", "http.port", "1", "[log]\nport = 3\n\n[http]\nport = 1\n"},
      {"http.port = 2\n", "http.port", "1", "http.port = 1\n"},
      {"[lifecycle]\nstop = \"1s\"\n[lifecycle.budgets]\nstop = \"2s\"\n", "lifecycle.budgets.stop",
       "\"9s\"", "[lifecycle]\nstop = \"1s\"\n[lifecycle.budgets]\nstop = \"9s\"\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(edit_key(c.text, c.key, c.value), c.expected) << c.text;
}

TEST_F(Edit, A_link_stays_a_link_and_the_file_it_means_is_written) {
  auto& e = editing("");
  std::filesystem::rename(folder + "/orrery.toml", folder + "/real.toml");
  std::filesystem::create_symlink("real.toml", folder + "/orrery.toml");
  ASSERT_TRUE(e.save("[commands]\nprefix = \"?\"\n", e.open()->version));
  EXPECT_TRUE(std::filesystem::is_symlink(folder + "/orrery.toml"));
  EXPECT_EQ(on_disk("real.toml"), "[commands]\nprefix = \"?\"\n");
}

TEST_F(Edit, What_cannot_be_changed_line_by_line_is_refused_instead_of_broken) {
  auto& e = editing("");
  const auto text = "http = { port = 2, host = \"127.0.0.1\" }\n";
  const auto edited = e.with(text, "http.port", "1");
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().kind(), ErrorKind::invalid);
}

}  // namespace
}  // namespace orrery::config
