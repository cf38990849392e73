// SQLite as a backend: one file, written by one connection at a time, read by others meanwhile.
//
// Backups are made with SQLite's online backup while others write.
//
// Source    https://www.sqlite.org/wal.html, https://www.sqlite.org/backup.html
#pragma once

#include "storage/backend.h"

namespace orrery::storage::sqlite {

// Errors: corrupt, saying what is damaged in which file. `thorough` reads everything.
enum class Thoroughness { quick, thorough };
Result<> check_file(storage::Connection& connection, const std::string& path,
                    Thoroughness thoroughness);

class Backend final : public storage::Backend {
 public:
  // ":memory:" is a database of its own that is gone when its connection is.
  Backend(std::string path, Duration busy_timeout)
      : path_{std::move(path)}, name_{"sqlite:" + path_}, busy_timeout_{busy_timeout} {}

  const std::string& name() const override { return name_; }
  Dialect dialect() const override { return Dialect::sqlite; }
  bool single() const override { return path_ == ":memory:"; }
  bool one_writer() const override { return true; }
  Result<std::unique_ptr<storage::Connection>> connect(Access access,
                                                       const Patience& patience) override;
  Result<> check(storage::Connection& connection) override;
  Result<> check_thoroughly(storage::Connection& connection) override {
    return check_file(connection, path_, Thoroughness::thorough);
  }
  Result<> probe(storage::Connection& connection, Probe probe) override;
  Result<Model> describe(storage::Connection& connection) override;
  Result<std::int64_t> size(storage::Connection& connection) override;
  std::string_view extension() const override { return "db"; }
  Result<> back_up(const std::string& file, const Patience& patience) override;
  Result<> examine(const std::string& file, std::span<const Known> known,
                   const Patience& patience) override;
  Result<std::string> restore(const std::string& file, std::span<const Known> known,
                              const Patience& patience) override;
  Shell shell() const override;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const std::string name_;
  const Duration busy_timeout_;
};

// The file that a sqlite: URL means, relative ones in the data folder.
std::string path_of(const std::string& url, const std::string& data_folder);

}  // namespace orrery::storage::sqlite
