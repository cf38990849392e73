// The command line's way to a running bot: the HTTP routes, over the control socket.
#pragma once

#include <boost/json/value.hpp>

#include "app/cli/command_line.h"
#include "net/local_client.h"

namespace orrery::app::cli {

// Exit codes of every command that asks a running bot.
enum class Exit { yes = 0, no = 1, usage = 2, no_bot = 69 };

class Client {
 public:
  explicit Client(const Common& common);

  // Errors: not_found (no bot runs there), unavailable, timeout; and for an answer that is not 2xx,
  // the kind of its status with its message.
  Result<boost::json::value> ask(const std::string& method, const std::string& target,
                                 const std::string& body = {},
                                 Duration patience = std::chrono::seconds{10}) const;
  net::LocalClient& socket() { return socket_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  net::LocalClient socket_;
};

// Prints the error with its remedy to standard error and says how to end.
Exit complain(const Error& error, const Common& common);

void print_json(const boost::json::value& value);

}  // namespace orrery::app::cli
