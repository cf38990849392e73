#include "web/numbers.h"

#include <boost/json.hpp>

namespace orrery::web {

boost::json::object to_json(const Numbers& numbers) {
  return {{"at", numbers.at.time_since_epoch().count()},
          {"memory_bytes", numbers.memory_bytes},
          {"cpu_seconds", numbers.cpu_seconds},
          {"handled", numbers.handled}};
}

}  // namespace orrery::web
