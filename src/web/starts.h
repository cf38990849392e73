// How earlier starts went, so that one can be compared with another.
//
// Kept in a file of the data folder, outside the database: a start that failed for want of one
// counts, too. What cannot be read is begun anew; it is only a memory.
//
// Threads   the control strand; the file is written on a pool thread.
// Limits    the last 20 starts.
#pragma once

#include <boost/json/array.hpp>

#include "async/scope.h"
#include "async/workers.h"

namespace orrery::web {

class Starts {
 public:
  Starts(std::string file, async::Scope& scope) : file_{std::move(file)}, scope_{scope} {}

  void load();
  // Adds it, or puts it in the place of an earlier account of the same boot and generation.
  void record(boost::json::object start);
  const boost::json::array& all() const { return starts_; }

 private:
  asio::awaitable<void> save(std::string text);

  const std::string file_;
  async::Scope& scope_;
  boost::json::array starts_;  // oldest first
  async::Workers writing_{"starts", 1, 4};
};

}  // namespace orrery::web
