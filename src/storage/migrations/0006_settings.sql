-- What guilds and people have chosen. What has no row here has its default.
CREATE TABLE guild_settings (
  guild TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (guild, name)
) @keyed;
CREATE TABLE user_settings (
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (person, name)
) @keyed;
