// What the program shows to somebody at a terminal.
#include <cstdio>

#include <unistd.h>

#include "app/program.h"

namespace orrery::app {

using namespace std::chrono_literals;

// For the person at the terminal; a program that reads us gets the log, and never the link.
void Program::show_banner() {
  if (::isatty(STDOUT_FILENO) != 1) return;
  if (log_) log_->flush(100ms);  // so that the lines before this one stand before it
  const char* me = options_.program.c_str();
  const char* data = options_.data_flag.c_str();
  std::printf("\n  Orrery is ready.\n\n");
  show_door();
  std::printf(
      "    talk to it     %s chat%s '!ping'\n"
      "    stop it        Ctrl-C, or %s stop%s\n\n",
      me, data, me, data);
  std::fflush(stdout);
}

// Where to look at it; while nobody has an account, the link that makes the first one.
void Program::show_door() {
  if (!accounts_.empty()) {
    std::printf("    look at it     %s/\n", address().c_str());
    return;
  }
  // A link that was given out goes on counting; only its hash is known, so another cannot be shown.
  const auto token = accounts_.setup_is_open()
                         ? Result<std::string>{fail(ErrorKind::conflict, "open")}
                         : accounts_.open_setup();
  if (token) {
    std::printf("    open this once %s/setup#%s\n", address().c_str(), token->c_str());
  } else {
    std::printf("    look at it     %s/ (a link to make an account: %s user setup-link%s)\n",
                address().c_str(), options_.program.c_str(), options_.data_flag.c_str());
  }
}

// Somebody at the terminal shall not have to know where the repair is done.
void Program::show_repair() {
  if (::isatty(STDOUT_FILENO) != 1) return;
  if (log_) log_->flush(100ms);
  std::printf("\n  The bot could not start; its dashboard is up, and says what to do.\n\n");
  show_door();
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace orrery::app
