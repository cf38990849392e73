// Which thread hears the signals we act on: none until the program can, the main one while it runs,
// none once it is over. What comes in between stays pending, so that a stop asked for in the first
// or the last millisecond is neither lost nor fatal.
#pragma once

namespace orrery::app {

enum class Hear { no, yes };

// For the calling thread, and for threads it starts from now on.
void hear_stop_signals(Hear hear);

}  // namespace orrery::app
