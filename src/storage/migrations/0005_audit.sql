-- Who changed what, when, from what to what; and by which later entry it was undone.
CREATE TABLE audit (
  number @serial,
  at @integer NOT NULL,
  guild TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  was TEXT NOT NULL,
  became TEXT NOT NULL,
  undone_by @integer
) @strict;
CREATE INDEX audit_guild ON audit (guild, number);
