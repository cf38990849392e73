#include "core/secret.h"

#include <string.h>

namespace orrery {

// A swap, so that no copy of the text stays behind in the other one.
Secret::Secret(Secret&& other) noexcept { value_.swap(other.value_); }

Secret& Secret::operator=(Secret other) noexcept {
  value_.swap(other.value_);
  return *this;
}

Secret::~Secret() { explicit_bzero(value_.data(), value_.size()); }

}  // namespace orrery
