// For the unit tests linked with the mutants: ORRERY_MUTANT says which mistake is switched on.
#include <cstdlib>

#include "switch.h"

namespace orrery::mutants {
namespace {

[[maybe_unused]] const bool switched = [] {
  const char* number = std::getenv("ORRERY_MUTANT");
  if (number != nullptr) active = std::atoi(number);
  return true;
}();

}  // namespace
}  // namespace orrery::mutants
