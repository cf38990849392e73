#include "chat/schedule.h"

#include <algorithm>

#include "core/text.h"

namespace orrery::chat {

using namespace std::chrono_literals;

namespace {

constexpr std::pair<Misfire, std::string_view> misfires[] = {
    {Misfire::skip, "skip"}, {Misfire::once, "once"}, {Misfire::all, "all"}};

// Something that is late by less was due just now.
constexpr auto on_time = 60s;
constexpr Duration to_note = 5s;
constexpr Duration look_again = 1s;  // the clock on the wall may be set, a job may have come

// "2026-01-31T12:00:00", as the clocks of the zone show it.
Result<LocalSeconds> parse_moment(std::string_view text) {
  int parts[6] = {};
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() != shape.size())
    return fail(ErrorKind::invalid, "write a moment as 2026-01-31T12:00:00");
  int part = -1;
  bool number = false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (digit != (shape[i] == '0') || (!digit && text[i] != shape[i]))
      return fail(ErrorKind::invalid, "write a moment as 2026-01-31T12:00:00");
    if (digit && !number) ++part;
    number = digit;
    if (digit) parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  const std::chrono::year_month_day day{std::chrono::year{parts[0]},
                                        std::chrono::month{static_cast<unsigned>(parts[1])},
                                        std::chrono::day{static_cast<unsigned>(parts[2])}};
  if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59)
    return fail(ErrorKind::invalid, "there is no moment '{}'", text);
  return LocalSeconds{std::chrono::local_days{day}} + std::chrono::hours{parts[3]} +
         std::chrono::minutes{parts[4]} + std::chrono::seconds{parts[5]};
}

}  // namespace

std::string_view name_of(Misfire misfire) {
  return std::ranges::find(misfires, misfire, &std::pair<Misfire, std::string_view>::first)->second;
}

std::optional<Misfire> misfire_named(std::string_view name) {
  const auto* at = std::ranges::find(misfires, name, &std::pair<Misfire, std::string_view>::second);
  if (at == std::end(misfires)) return std::nullopt;
  return at->first;
}

Result<std::optional<WallTime>> next_time(const Job& job, WallTime at) {
  const auto zone = Zone::named(job.zone);
  if (!zone) return fail(zone.error());
  if (!job.schedule.starts_with("at ")) {
    const auto cron = Cron::parse(job.schedule);
    if (!cron) return fail(cron.error());
    return cron->next(at, *zone);
  }
  const auto moment = parse_moment(trim(std::string_view{job.schedule}.substr(3)));
  if (!moment) return fail(moment.error());
  const auto due = zone->to_wall(*moment);
  return due > at ? std::optional{due} : std::nullopt;
}

// ---- the jobs

Task<> Schedule::load(Patience patience) {
  auto loading = records_.load(std::move(patience));
  auto jobs = co_await std::move(loading);
  if (!jobs) co_return fail(std::move(jobs).error().with("loading the schedule"));
  jobs_.clear();
  for (auto& job : *jobs) jobs_[{job.plugin, job.name}] = std::move(job);
  // It may have been set back since they were kept.
  seen_ = WallTime::max();
  look_at_the_clock(environment_.now());
  co_return Result<>{};
}

Task<> Schedule::put(Job job, Patience patience) {
  const auto next = next_time(job, environment_.now());
  if (!next) co_return fail(next.error());
  if (!*next) co_return fail(ErrorKind::invalid, "'{}' is never due", printable(job.schedule));
  job.next = *next;
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  auto keeping = records_.keep(job, std::move(patience));
  auto kept = co_await std::move(keeping);
  in_doubt_ = in_doubt_ || (!kept && kept.error().is_unsure());
  if (!kept) co_return kept;
  const Key key{job.plugin, job.name};
  put_off_.erase(key);
  jobs_.insert_or_assign(key, std::move(job));
  co_return Result<>{};
}

Task<> Schedule::remove(std::string plugin, std::string name, Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  auto removing = records_.remove(plugin, name, std::move(patience));
  auto removed = co_await std::move(removing);
  in_doubt_ = in_doubt_ || (!removed && removed.error().is_unsure());
  if (!removed) co_return removed;
  jobs_.erase({plugin, name});
  put_off_.erase({plugin, name});
  co_return removed;
}

void Schedule::handle(const std::string& plugin, Handler handler) {
  if (handler) {
    handlers_[plugin] = std::move(handler);
  } else {
    handlers_.erase(plugin);
  }
}

std::vector<Job> Schedule::jobs() const {
  std::vector<Job> list;
  for (const auto& [key, job] : jobs_) list.push_back(job);
  return list;
}

// ---- running them

// How often it is to run for the times that have gone by.
int Schedule::times_due(const Job& job, WallTime now) const {
  if (now - *job.next < on_time || job.misfire == Misfire::once) return 1;
  if (job.misfire == Misfire::skip) return 0;
  int times = 0;
  for (auto at = job.next; at && *at <= now && times < most_made_up; ++times) {
    const auto after = next_time(job, *at);
    at = after ? *after : std::nullopt;
  }
  return times;
}

// Whatever it throws is its own failure.
Task<> Schedule::call_handler(Job job, Patience patience) {
  const auto handler = handlers_.find(job.plugin);
  if (handler == handlers_.end())
    co_return fail(ErrorKind::unavailable, "its plugin is no longer loaded");
  try {
    auto running = handler->second(std::move(job), std::move(patience));
    co_return co_await std::move(running);
  } catch (...) {
    co_return fail(ErrorKind::internal, "it threw: {}", async::describe(std::current_exception()));
  }
}

void Schedule::put_off(const Key& key, const Error& why) {
  auto& [until, by] = put_off_[key];
  by = std::clamp<Duration>(by * 2, look_again, 10min);
  until = environment_.clock.now() + by;
  environment_.journal.write(
      Level::error, "chat", "a job was put off",
      {{"plugin", key.first}, {"job", key.second}, {"for", human(by)}, {"reason", why.text()}});
}

bool Schedule::is_due(const Key& key, const Job& job, WallTime now) const {
  if (!job.next || *job.next > now || !handlers_.contains(job.plugin)) return false;
  const auto late = put_off_.find(key);
  return late == put_off_.end() || late->second.until <= environment_.clock.now();
}

// The references live in the caller's frame, which waits.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<Job> Schedule::begin(Key key, int& times, Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  const auto now = environment_.now();
  const auto at = jobs_.find(key);
  if (at == jobs_.end() || !is_due(key, at->second, now))
    co_return fail(ErrorKind::not_found, "it is no longer due");
  auto job = at->second;
  const auto next = next_time(job, now);
  if (!next) co_return fail(next.error());
  times = times_due(job, now);
  job.next = *next;
  job.last = now;
  job.outcome = times == 0 ? "skipped" : "begun";
  auto keeping = records_.keep(job, std::move(patience));
  const auto kept = co_await std::move(keeping);
  if (!kept) co_return fail(kept.error());
  jobs_.insert_or_assign(key, job);
  co_return job;
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

// Its handler may have changed or removed it. What became of it is kept also when it has used up
// its own time, or was stopped.
Task<> Schedule::note(Job begun, Job ended) {
  const Patience patience{environment_.clock.now() + to_note, {}};
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  const auto at = jobs_.find({begun.plugin, begun.name});
  if (at == jobs_.end() || at->second.next != begun.next) co_return Result<>{};
  at->second.next = ended.next;
  at->second.last = ended.last;
  at->second.outcome = std::move(ended.outcome);
  auto keeping = records_.keep(at->second, patience);
  co_return co_await std::move(keeping);
}

// Returns what became of it; nothing if a stop came before it began.
// The reference lives in the caller's frame, which waits.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<std::optional<std::string>> Schedule::run_times(const Job& job, int times,
                                                                Patience patience) {
  if (times == 0) co_return "skipped";
  std::optional<std::string> outcome;
  for (int i = 0; i < times && !patience.token.requested(); ++i) {
    auto running = call_handler(job, patience);
    const auto done = co_await std::move(running);
    if (!done || outcome.value_or("done") == "done") outcome = done ? "done" : done.error().text();
  }
  co_return outcome;
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

asio::awaitable<void> Schedule::run_one(Key key, async::StopToken token) {
  const auto former = jobs_.at(key);
  const Patience patience{environment_.clock.now() + budget, token};
  int times = 0;
  auto beginning = begin(key, times, patience);
  auto begun = co_await std::move(beginning);
  if (!begun) {
    const auto kind = begun.error().kind();
    if (kind != ErrorKind::not_found && !token.requested()) put_off(key, begun.error());
    co_return;
  }
  put_off_.erase(key);
  auto running = run_times(*begun, times, patience);
  const auto outcome = co_await std::move(running);
  if (outcome && *outcome != "done" && *outcome != "skipped") {
    environment_.journal.write(
        Level::warn, "chat", "a job failed",
        {{"plugin", begun->plugin}, {"job", begun->name}, {"reason", *outcome}});
  }
  auto ended = outcome ? *begun : former;  // as if it had not been due yet
  if (outcome) ended.outcome = *outcome;
  auto noting = note(std::move(*begun), std::move(ended));
  [[maybe_unused]] const auto noted = co_await std::move(noting);
}

// When it has been set back, what was to come next may be far away.
void Schedule::look_at_the_clock(WallTime now) {
  if (now + on_time >= seen_) {
    seen_ = std::max(seen_, now);
    return;  // a small step is no reason to do anything twice
  }
  seen_ = now;
  for (auto& [key, job] : jobs_) {
    if (!job.next || *job.next <= now) continue;
    const auto next = next_time(job, now);
    if (next && *next) job.next = std::min(*job.next, **next);
  }
}

// In the order in which they were due.
std::vector<Schedule::Key> Schedule::waiting(WallTime now) const {
  std::vector<std::pair<WallTime, Key>> due;
  for (const auto& [key, job] : jobs_) {
    if (is_due(key, job, now) && !running_.contains(key)) due.emplace_back(*job.next, key);
  }
  std::ranges::sort(due);
  std::vector<Key> keys;
  for (auto& [at, key] : due) keys.push_back(std::move(key));
  return keys;
}

std::optional<WallTime> Schedule::next() const {
  std::optional<WallTime> soonest;
  for (const auto& [key, job] : jobs_) {
    const bool held_up = put_off_.contains(key) || running_.contains(key);
    if (job.next && handlers_.contains(job.plugin) && !held_up)
      soonest = std::min(soonest.value_or(*job.next), *job.next);
  }
  return soonest;
}

// Its place may be what others wait for.
asio::awaitable<void> Schedule::run_and_go_on(Key key, Spawn spawn, async::StopToken token) {
  try {
    auto running = run_one(key, token);
    co_await std::move(running);
  } catch (...) {
    put_off(key, {ErrorKind::internal,
                  fmt::format("it threw: {}", async::describe(std::current_exception()))});
  }
  running_.erase(key);
  run_due(spawn, std::move(token));
}

std::optional<WallTime> Schedule::run_due(const Spawn& spawn, async::StopToken token) {
  const auto now = environment_.now();
  look_at_the_clock(now);
  for (auto& key : waiting(now)) {
    if (token.requested()) break;
    if (running_.size() >= most_at_once) return std::nullopt;  // whoever ends goes on
    running_[key] = {.since = environment_.clock.now()};
    auto task = fmt::format("job {} of {}", key.second, key.first);
    spawn(std::move(task), run_and_go_on(std::move(key), spawn, token));
  }
  return next();
}

// A handler that ignores its patience keeps its place for as long as it likes.
void Schedule::name_the_late() {
  for (auto& [key, running] : running_) {
    if (running.named || environment_.clock.now() - running.since < budget + look_again) continue;
    running.named = true;
    environment_.journal.write(Level::warn, "chat", "a job did not end in its time",
                               {{"plugin", key.first}, {"job", key.second}});
  }
}

// Nobody knows whether the last change was kept.
Task<> Schedule::read_again(Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  auto loading = load(std::move(patience));
  const auto loaded = co_await std::move(loading);
  in_doubt_ = !loaded;
  co_return loaded;
}

Task<> Schedule::run(Spawn spawn, async::StopToken token) {
  while (!token.requested()) {
    if (in_doubt_) {
      auto reading = read_again({environment_.clock.now() + to_note, token});
      [[maybe_unused]] const auto read = co_await std::move(reading);  // else in a second
    }
    const auto next = run_due(spawn, token);
    name_the_late();
    auto pause = look_again;
    if (next) pause = std::clamp<Duration>(*next - environment_.now(), 0s, look_again);
    auto sleeping = async::sleep_until(environment_.clock, environment_.clock.now() + pause, token);
    co_await std::move(sleeping);
  }
  co_return Result<>{};
}

// ---- in memory

Task<std::vector<Job>> MemoryScheduleRecords::load(Patience) {
  std::vector<Job> list;
  for (const auto& [key, job] : jobs_) list.push_back(job);
  co_return list;
}

Task<> MemoryScheduleRecords::keep(Job job, Patience) {
  const std::pair key{job.plugin, job.name};
  jobs_.insert_or_assign(key, std::move(job));
  co_return Result<>{};
}

Task<> MemoryScheduleRecords::remove(std::string plugin, std::string name, Patience) {
  if (jobs_.erase({plugin, name}) == 0)
    co_return fail(ErrorKind::not_found, "there is no job '{}'", printable(name));
  co_return Result<>{};
}

}  // namespace orrery::chat
