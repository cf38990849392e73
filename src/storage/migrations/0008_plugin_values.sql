-- What plugins keep: values by name, of a limited size altogether.
CREATE TABLE plugin_values (
  plugin TEXT NOT NULL,
  name TEXT NOT NULL,
  value @blob NOT NULL,
  PRIMARY KEY (plugin, name)
) @keyed;
