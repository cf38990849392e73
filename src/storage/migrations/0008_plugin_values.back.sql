DROP TABLE plugin_values;
