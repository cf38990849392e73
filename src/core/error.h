// What went wrong, as a value: a kind to act on, a sentence to read, a remedy to follow.
//
// The sentence grows outwards: `with("opening database x")` puts the caller's words in front, so a
// person reads what happened first and why last. The remedy is the line that tells what to do. An
// error that leaves it open whether what was asked was done after all is unsure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace orrery {

enum class ErrorKind {
  invalid,      // the input is wrong; the same input will fail again
  denied,       // the caller may not do this
  not_found,    // the thing named does not exist
  conflict,     // the state does not allow this now
  unavailable,  // a part this needs is down; may be tried again
  timeout,      // the deadline passed
  cancelled,    // a stop was requested
  limited,      // too many or too much; see retry_after
  corrupt,      // stored data is damaged or from another version
  unsupported,  // this build or platform cannot do it
  internal,     // a defect of ours, caught at a boundary
};

std::string_view name_of(ErrorKind kind);

class Error {
 public:
  Error(ErrorKind kind, std::string text) : kind_{kind}, text_{std::move(text)} {}

  // Returns this error with `context` in front: "context: text".
  Error with(std::string_view context) &&;
  Error remedy(std::string text) &&;
  Error retry_after(std::chrono::milliseconds delay) &&;
  Error unsure() &&;

  ErrorKind kind() const { return kind_; }
  const std::string& text() const { return text_; }
  const std::string& remedy() const { return remedy_; }
  std::optional<std::chrono::milliseconds> retry_after() const { return retry_after_; }
  bool is_unsure() const { return unsure_; }

 private:
  ErrorKind kind_;
  std::string text_;
  std::string remedy_;
  std::optional<std::chrono::milliseconds> retry_after_;
  bool unsure_ = false;
};

}  // namespace orrery
