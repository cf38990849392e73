// The engine's condition in the shapes of the outside contract.
#pragma once

#include <boost/json/object.hpp>

#include "lifecycle/timeline.h"
#include "web/runtime_control.h"

namespace orrery::web {

// `data` of GET /api/stat/runtime-status.
boost::json::object status_json(RuntimeControl& runtime);
// Parts, phases, critical path and slack; milliseconds since the engine began.
boost::json::object timeline_json(RuntimeControl& runtime);
// The same as a trace that https://ui.perfetto.dev opens.
// Source: the Trace Event Format, "complete events".
boost::json::object trace_json(RuntimeControl& runtime);
// Nodes, edges and states.
boost::json::object graph_json(RuntimeControl& runtime);

}  // namespace orrery::web
