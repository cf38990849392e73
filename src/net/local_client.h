// A blocking client for the control socket: what the command line speaks to a running bot with.
//
// Threads   the calling one; each call blocks until its deadline.
#pragma once

#include <memory>

#include "core/time.h"
#include "net/http.h"

namespace orrery::net {

class LocalWebSocket {
 public:
  virtual ~LocalWebSocket() = default;
  // Errors: unavailable (closed; the text holds code and reason), timeout.
  virtual Result<std::string> read(Duration patience) = 0;
  virtual Result<> send(const std::string& text) = 0;
  // The code of the peer's close frame, once read failed.
  virtual unsigned close_code() const = 0;
};

class LocalClient {
 public:
  explicit LocalClient(std::string path) : path_{std::move(path)} {}

  // Errors: not_found (nobody listens there), timeout, unavailable (the connection broke).
  Result<Response> call(const std::string& method, const std::string& target,
                        const std::string& body, Duration patience) const;
  Result<std::unique_ptr<LocalWebSocket>> converse(const std::string& target,
                                                   Duration patience) const;

 private:
  std::string path_;
};

}  // namespace orrery::net
