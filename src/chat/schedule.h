// What is to be done later: jobs with a schedule, in a time zone, kept by a port.
//
// A job belongs to a plugin and has a name there; what it does is whatever handler the plugin has
// given for its jobs. A job that was due while nobody could run it (the bot was down, the plugin
// not loaded) is dealt with as its misfire policy says.
//
// Threads   the bot strand.
#pragma once

#include <functional>
#include <map>

#include "async/clock.h"
#include "async/patience.h"
#include "async/scope.h"
#include "async/task.h"
#include "async/turns.h"
#include "chat/cron.h"
#include "core/journal.h"

namespace orrery::chat {

using async::Patience;

enum class Misfire {
  skip,  // wait for the next time
  once,  // make up for it once, however often it was due
  all,   // make up for each time, at most a hundred
};
std::string_view name_of(Misfire misfire);
std::optional<Misfire> misfire_named(std::string_view name);

struct Job {
  std::string plugin;
  std::string name;
  std::string schedule;  // a cron expression; or "at" and a moment: "at 2026-01-31T12:00:00"
  std::string zone = "UTC";
  Misfire misfire = Misfire::once;
  std::string payload{};           // for its handler
  std::optional<WallTime> next{};  // nothing: never again
  std::optional<WallTime> last{};
  std::string outcome{};  // of the last time: "done" or why not
};

class ScheduleRecords {
 public:
  virtual ~ScheduleRecords() = default;
  virtual Task<std::vector<Job>> load(Patience patience) = 0;
  virtual Task<> keep(Job job, Patience patience) = 0;
  virtual Task<> remove(std::string plugin, std::string name, Patience patience) = 0;
};

class MemoryScheduleRecords final : public ScheduleRecords {
 public:
  Task<std::vector<Job>> load(Patience patience) override;
  Task<> keep(Job job, Patience patience) override;
  Task<> remove(std::string plugin, std::string name, Patience patience) override;

 private:
  std::map<std::pair<std::string, std::string>, Job> jobs_;
};

// When a job is due next after `at`. Errors: invalid (the schedule), not_found (the zone).
Result<std::optional<WallTime>> next_time(const Job& job, WallTime at);

class Schedule {
 public:
  using Handler = std::function<Task<>(Job job, Patience patience)>;
  using Now = std::function<WallTime()>;
  using Spawn = std::function<void(std::string task, asio::awaitable<void> body)>;  // in a scope
  static constexpr int most_made_up = 100;
  static constexpr std::size_t most_at_once = 16;
  static constexpr Duration budget = std::chrono::minutes{1};  // of one run

  struct Environment {
    async::Clock& clock;
    Journal& journal;
    Now now;  // what clocks on the wall show
  };
  // The records outlive this.
  Schedule(ScheduleRecords& records, Environment environment)
      : records_{records}, environment_{std::move(environment)} {}

  // Errors: those of the records.
  Task<> load(Patience patience);
  // Adds a job, or replaces the one of that name. Errors: invalid, not_found (the zone), and those
  // of the records; nothing has changed then, unless the error is unsure: the jobs are read again.
  Task<> put(Job job, Patience patience);
  Task<> remove(std::string plugin, std::string name, Patience patience);
  // What runs a plugin's jobs; nothing takes it away.
  void handle(const std::string& plugin, Handler handler);

  // Runs what is due until the token is requested, so that one job that takes its time holds up
  // nobody else, unless many do. It is kept before a job runs that it did, so that a crash cannot
  // make it run twice; while that can't be kept, the job is put off, for longer each time.
  Task<> run(Spawn spawn, async::StopToken token);
  // Begins what is due now; returns when something is due next, if ever.
  std::optional<WallTime> run_due(const Spawn& spawn, async::StopToken token);

  std::vector<Job> jobs() const;

 private:
  using Key = std::pair<std::string, std::string>;
  // Not before `until`; the next time for twice as long.
  struct PutOff {
    TimePoint until;
    Duration by{};
  };
  struct Running {
    TimePoint since;
    bool named = false;  // as one that does not end
  };
  Task<> call_handler(Job job, Patience patience);
  // Keeps that the job is begun. Errors: not_found (it is no longer due), and why it is put off.
  Task<Job> begin(Key key, int& times, Patience patience);
  Task<> note(Job begun, Job ended);
  Task<> read_again(Patience patience);
  asio::awaitable<std::optional<std::string>> run_times(const Job& job, int times,
                                                        Patience patience);
  asio::awaitable<void> run_one(Key key, async::StopToken token);
  asio::awaitable<void> run_and_go_on(Key key, Spawn spawn, async::StopToken token);
  std::vector<Key> waiting(WallTime now) const;
  std::optional<WallTime> next() const;
  void name_the_late();
  int times_due(const Job& job, WallTime now) const;
  bool is_due(const Key& key, const Job& job, WallTime now) const;
  void put_off(const Key& key, const Error& why);
  void look_at_the_clock(WallTime now);

  ScheduleRecords& records_;
  const Environment environment_;
  std::map<Key, Job> jobs_;
  std::map<std::string, Handler> handlers_;
  std::map<Key, PutOff> put_off_;
  std::map<Key, Running> running_;
  bool in_doubt_ = false;  // whether the last change was kept
  WallTime seen_{};        // the latest that the clock on the wall has shown
  async::Turns turns_;     // of changing a job here and in the records
};

}  // namespace orrery::chat
