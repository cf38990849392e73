// The one shape of every JSON answer: {"status","message","data"}. The status code is the truth.
#pragma once

#include <boost/json/value.hpp>

#include "core/result.h"
#include "net/http.h"

namespace orrery::web {

net::Response ok(boost::json::value data, int status = 200);
net::Response problem(int status, std::string_view message, boost::json::value data = nullptr);
net::Response problem(const Error& error);
net::Response text(int status, std::string body);

int status_of(const Error& error);

// The body as a JSON object. Errors: invalid.
Result<boost::json::object> object_of(const net::Request& request);
// A text field of it. Errors: invalid, naming the field.
Result<std::string> field_of(const boost::json::object& object, std::string_view name);

}  // namespace orrery::web
