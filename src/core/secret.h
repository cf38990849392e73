// A string that must never be shown: a token, a password, a key.
//
// It has no formatter and no stream operator, so putting one into a log line does not compile.
// `reveal` is the one way out, and easy to find in a review. Memory is wiped on destruction.
#pragma once

#include <string>
#include <string_view>

namespace orrery {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_{std::move(value)} {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret other) noexcept;
  ~Secret();

  bool empty() const { return value_.empty(); }
  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

}  // namespace orrery
