#include "lifecycle/words.h"

#include <utility>

namespace orrery::lifecycle {

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::core:
      return "core";
    case Phase::runtime:
      return "runtime";
    case Phase::online:
      return "online";
  }
  std::unreachable();
}

std::string_view name_of(State state) {
  switch (state) {
    case State::created:
      return "created";
    case State::core_starting:
      return "core_starting";
    case State::core_ready:
      return "core_ready";
    case State::runtime_starting:
      return "runtime_starting";
    case State::runtime_ready:
      return "runtime_ready";
    case State::draining:
      return "draining";
    case State::stopping:
      return "stopping";
    case State::stopped:
      return "stopped";
    case State::runtime_failed:
      return "runtime_failed";
    case State::core_failed:
      return "core_failed";
    case State::rolling_back:
      return "rolling_back";
    case State::stuck:
      return "stuck";
  }
  std::unreachable();
}

std::string_view name_of(PartState state) {
  switch (state) {
    case PartState::waiting:
      return "waiting";
    case PartState::starting:
      return "starting";
    case PartState::started:
      return "started";
    case PartState::failed:
      return "failed";
    case PartState::skipped:
      return "skipped";
    case PartState::draining:
      return "draining";
    case PartState::stopping:
      return "stopping";
    case PartState::stopped:
      return "stopped";
  }
  std::unreachable();
}

std::string_view name_of(Hook hook) {
  switch (hook) {
    case Hook::start:
      return "start";
    case Hook::drain:
      return "drain";
    case Hook::stop:
      return "stop";
  }
  std::unreachable();
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::none:
      return "none";
    case Outcome::started:
      return "started";
    case Outcome::failed:
      return "failed";
    case Outcome::timed_out:
      return "timed_out";
    case Outcome::cancelled:
      return "cancelled";
    case Outcome::not_entered:
      return "not_entered";
  }
  std::unreachable();
}

}  // namespace orrery::lifecycle
