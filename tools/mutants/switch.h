// Which mistake is switched on: 0 is none.
#pragma once

namespace orrery::mutants {

inline int active = 0;

}  // namespace orrery::mutants

namespace orrery::lifecycle {

inline bool mistaken(int number) { return orrery::mutants::active == number; }

}  // namespace orrery::lifecycle
