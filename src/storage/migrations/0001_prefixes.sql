CREATE TABLE prefixes (
  guild TEXT NOT NULL,
  prefix TEXT NOT NULL,
  PRIMARY KEY (guild, prefix)
) @keyed;
