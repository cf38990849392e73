-- Who may do what in a guild. What has no row here has its default.
CREATE TABLE permission_ranks (
  guild TEXT NOT NULL,
  rank @integer NOT NULL CHECK (rank BETWEEN 0 AND 10),
  name TEXT NOT NULL,
  PRIMARY KEY (guild, rank)
) @keyed;
CREATE UNIQUE INDEX permission_ranks_name ON permission_ranks (guild, name);
CREATE TABLE permission_roles (
  guild TEXT NOT NULL,
  role TEXT NOT NULL,
  rank @integer NOT NULL CHECK (rank BETWEEN 0 AND 10),
  PRIMARY KEY (guild, role)
) @keyed;
CREATE TABLE permission_commands (
  guild TEXT NOT NULL,
  command TEXT NOT NULL,
  rank @integer NOT NULL CHECK (rank BETWEEN 0 AND 10),
  PRIMARY KEY (guild, command)
) @keyed;
CREATE TABLE permission_exceptions (
  guild TEXT NOT NULL,
  command TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('user', 'channel')),
  subject TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('allow', 'deny')),
  PRIMARY KEY (guild, command, kind, subject)
) @keyed;
