#include "app/out_of_memory.h"

#include <cstdlib>
#include <new>
#include <tuple>

#include <unistd.h>

namespace orrery::app {
namespace {

constexpr char line[] =
    "orrery: out of memory, so the process ends; give it more, or see in the log what grew\n";

}  // namespace

void end_when_out_of_memory() {
  std::set_new_handler([] {
    std::ignore = write(STDERR_FILENO, line, sizeof line - 1);  // without allocating
    std::abort();
  });
}

}  // namespace orrery::app
