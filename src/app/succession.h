// Who was before us in this process, and whether somebody comes after: what the components of the
// core need to know to take over and to leave.
//
// Owns      the descriptors that were left to us until `settle`, so that we could still go back.
// Threads   the control strand.
#pragma once

#include <optional>

#include "app/handover.h"

namespace orrery::app {

class Succession {
 public:
  explicit Succession(Handover before) : before_{std::move(before)} {}

  const Handover& before() const { return before_; }
  // Copies of the listening sockets that fit: a service manager's always, a predecessor's unless
  // the configuration names another place now.
  std::vector<net::Listener> listeners_for(const std::string& host, std::uint16_t port) const;
  // Lets go of the others: on the same port with another address, one would keep the other out.
  void drop_misfits(const std::string& host, std::uint16_t port);
  std::optional<net::Listener> control_listener() const;
  std::vector<net::Parked> take_connections();

  // The core is ready: there is no way back any more.
  void settle();
  bool may_go_back() const { return before_.previous >= 0; }
  // Whose sockets they are decides whether a changed http.port may replace them.
  bool managed() const { return before_.managed; }

  // From now on, what stops is left to a successor.
  void begin_leaving() { successor_.emplace(); }
  void stay() { successor_.reset(); }
  Handover* successor() { return successor_ ? &*successor_ : nullptr; }

 private:
  bool fits(const net::Listener& listener, const std::string& host, std::uint16_t port) const;

  Handover before_;
  std::optional<Handover> successor_;
};

}  // namespace orrery::app
