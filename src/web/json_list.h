// A list of anything as a JSON array.
#pragma once

#include <boost/json/array.hpp>

namespace orrery::web {

template <class List, class F>
boost::json::array array_of(const List& list, F make) {
  boost::json::array array;
  for (const auto& one : list) array.push_back(make(one));
  return array;
}

}  // namespace orrery::web
