#include "async/loop.h"

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include "async/thread.h"

namespace orrery::async {
namespace {

// Forwards everything to `inner`, wrapping each function in the label. Properties pass through, so
// that any_io_executor takes it for what it wraps.
struct Labelled {
  asio::any_io_executor inner;
  std::shared_ptr<Busy> busy;
  std::shared_ptr<const std::string> who;

  template <class Property>
  auto query(const Property& property) const -> decltype(asio::query(inner, property)) {
    return asio::query(inner, property);
  }
  template <class Property>
  auto require(const Property& property) const
      -> std::enable_if_t<asio::can_require<asio::any_io_executor, Property>::value, Labelled> {
    return {asio::require(inner, property), busy, who};
  }
  template <class Property>
  auto prefer(const Property& property) const
      -> std::enable_if_t<asio::can_prefer<asio::any_io_executor, Property>::value, Labelled> {
    return {asio::prefer(inner, property), busy, who};
  }
  template <class F>
  void execute(F function) const {
    inner.execute([busy = busy, who = who, function = std::move(function)]() mutable {
      busy->begin(*who);
      function();
      busy->end();
    });
  }
  friend bool operator==(const Labelled& a, const Labelled& b) noexcept {
    return a.inner == b.inner && a.who == b.who;
  }
};

}  // namespace

void Busy::begin(const std::string& who) {
  const auto now = std::chrono::steady_clock::now();
  spell_.with([&](auto& spell) { spell = Spell{.who = who, .since = now}; });
}

void Busy::end() {
  spell_.with([](auto& spell) { spell.reset(); });
}

std::optional<Busy::Spell> Busy::now() const {
  return spell_.with([](const auto& spell) { return spell; });
}

asio::any_io_executor labelled(asio::any_io_executor inner, std::shared_ptr<Busy> busy,
                               std::string who) {
  return Labelled{std::move(inner), std::move(busy),
                  std::make_shared<const std::string>(std::move(who))};
}

Loop::Loop(std::string name) : name_{std::move(name)} {}

Loop::~Loop() {
  if (thread_.joinable() && !stop(std::chrono::seconds{1})) thread_.detach();
}

void Loop::start() {
  guard_.emplace(context_.get_executor());
  thread_ = named_thread(name_, [this](const std::stop_token&) {
    context_.run();
    const std::lock_guard lock{mutex_};
    ended_ = true;
    ending_.notify_all();
  });
}

bool Loop::stop(Duration grace) {
  guard_.reset();
  {
    std::unique_lock lock{mutex_};
    if (!ending_.wait_for(lock, grace, [this] { return ended_; })) return false;
  }
  thread_.join();
  return true;
}

}  // namespace orrery::async
