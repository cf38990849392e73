#include "core/secret.h"

#include <string.h>

namespace orrery {

Secret::Secret(Secret&& other) noexcept : value_{other.value_} { other = Secret{}; }

Secret& Secret::operator=(Secret other) noexcept {
  value_.swap(other.value_);
  return *this;
}

Secret::~Secret() { explicit_bzero(value_.data(), value_.size()); }

}  // namespace orrery
