// What happens when memory runs out: one line on stderr, and the process ends by SIGABRT.
//
// Going on would mean answers that are not true. Whoever started the program may start it again.
#pragma once

namespace orrery::app {

void end_when_out_of_memory();

}  // namespace orrery::app
