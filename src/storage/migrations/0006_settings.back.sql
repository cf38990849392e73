DROP TABLE user_settings;
DROP TABLE guild_settings;
