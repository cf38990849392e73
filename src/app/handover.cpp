#include "app/handover.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include <boost/json.hpp>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"

extern char** environ;

namespace orrery::app {
namespace {

namespace json = boost::json;

constexpr int first_listener = 3;  // SD_LISTEN_FDS_START
constexpr const char* variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
                                     "ORRERY_HANDOVER"};

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

int number_of(const std::optional<std::string>& text) {
  int number = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

void close_on_exec(int descriptor) {
  if (descriptor >= 0) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

bool is_local(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         address.ss_family == AF_UNIX;
}

std::vector<net::Listener> take_listeners() {
  std::vector<net::Listener> listeners;
  if (number_of(variable("LISTEN_PID")) != ::getpid()) return listeners;
  const int count = number_of(variable("LISTEN_FDS"));
  for (int i = 0; i < count && i < 64; ++i) {
    const int descriptor = first_listener + i;
    close_on_exec(descriptor);
    listeners.push_back(
        {is_local(descriptor) ? net::Listener::Kind::control : net::Listener::Kind::http,
         descriptor});
  }
  return listeners;
}

std::string hex_of(const std::string& bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                 bytes.size());
  text.pop_back();
  return text;
}

std::string bytes_of(const json::string& hex) {
  std::string bytes(hex.size() / 2, '\0');
  std::size_t size = 0;
  sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), hex.c_str(),
                 hex.size(), nullptr, &size, nullptr);
  bytes.resize(size);
  return bytes;
}

std::string read_whole(int descriptor) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return {};
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

json::object to_json(const Invocation& invocation) {
  json::object environment;
  for (const auto& [name, value] : invocation.environment) environment[name] = hex_of(value);
  json::array arguments;
  for (const auto& argument : invocation.arguments)
    arguments.push_back(json::string(hex_of(argument)));
  return {{"arguments", std::move(arguments)}, {"environment", std::move(environment)}};
}

Invocation invocation_of(const json::value& value) {
  Invocation invocation;
  for (const auto& argument : value.at("arguments").as_array())
    invocation.arguments.push_back(bytes_of(argument.as_string()));
  for (const auto& [name, text] : value.at("environment").as_object())
    invocation.environment[std::string{name}] = bytes_of(text.as_string());
  return invocation;
}

json::object describe(const Handover& handover) {
  json::array connections;
  for (const auto& parked : handover.sockets.connections) {
    connections.push_back(
        {{"descriptor", parked.descriptor}, {"received", hex_of(parked.received)}});
  }
  return {{"lock", handover.lock},
          {"previous", handover.previous},
          {"previous_was", to_json(handover.previous_was)},
          {"restarts", handover.restarts},
          {"managed", handover.managed},
          {"fell_back", handover.fell_back},
          {"connections", std::move(connections)}};
}

void read_description(const std::string& text, Handover& handover) {
  const auto description = json::parse(text);
  handover.lock = description.at("lock").to_number<int>();
  handover.previous = description.at("previous").to_number<int>();
  handover.previous_was = invocation_of(description.at("previous_was"));
  handover.restarts = description.at("restarts").to_number<std::uint64_t>();
  handover.managed = description.at("managed").as_bool();
  handover.fell_back = description.at("fell_back").as_string().c_str();
  for (const auto& parked : description.at("connections").as_array()) {
    handover.sockets.connections.push_back(
        {parked.at("descriptor").to_number<int>(), bytes_of(parked.at("received").as_string())});
  }
  close_on_exec(handover.lock);
  close_on_exec(handover.previous);
  for (const auto& parked : handover.sockets.connections) close_on_exec(parked.descriptor);
}

int memory_file(const std::string& text) {
  const int file = ::memfd_create("handover", 0);
  if (file < 0) return -1;
  if (::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size())) return file;
  ::close(file);
  return -1;
}

// Out of the way of the numbers that listening sockets must have.
int move_up(int descriptor, int above) {
  return descriptor < 0 ? -1 : ::fcntl(descriptor, F_DUPFD, above);
}

// Makes room: everything that is not kept goes now, not only with the exec.
void close_the_rest(const Handover& handover, int image) {
  std::vector<int> kept{handover.lock, handover.previous, image};
  for (const auto& listener : handover.sockets.listeners) kept.push_back(listener.descriptor);
  for (const auto& parked : handover.sockets.connections) kept.push_back(parked.descriptor);
  std::ranges::sort(kept);
  int first = STDERR_FILENO + 1;
  for (const int descriptor : kept) {
    if (descriptor < first) continue;
    if (descriptor > first)
      ::close_range(static_cast<unsigned>(first), static_cast<unsigned>(descriptor) - 1, 0);
    first = descriptor + 1;
  }
  ::close_range(static_cast<unsigned>(first), ~0U, 0);
}

// Gives everything that is kept its place, without the mark that would close it. Connections that
// there is no room for are left behind.
Handover arrange(const Handover& handover) {
  ::close_range(first_listener, ~0U, CLOSE_RANGE_CLOEXEC);  // the places they had before
  auto placed = handover;
  const int above = first_listener + static_cast<int>(handover.sockets.listeners.size());
  for (auto& listener : placed.sockets.listeners)
    listener.descriptor = move_up(listener.descriptor, above);
  placed.lock = move_up(handover.lock, above);
  placed.previous = move_up(handover.previous, above);
  for (auto& parked : placed.sockets.connections)
    parked.descriptor = move_up(parked.descriptor, above);
  std::erase_if(placed.sockets.connections,
                [](const auto& parked) { return parked.descriptor < 0; });
  int place = first_listener;
  for (auto& listener : placed.sockets.listeners) {
    ::dup2(listener.descriptor, place);
    ::close(std::exchange(listener.descriptor, place++));
  }
  return placed;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_of(const Invocation& invocation, const Handover& handover,
                                        int description) {
  auto environment = invocation.environment;
  std::string names;
  for (const auto& listener : handover.sockets.listeners) {
    if (!names.empty()) names += ':';
    names += listener.kind == net::Listener::Kind::http ? "http" : "control";
  }
  environment["LISTEN_PID"] = std::to_string(::getpid());
  environment["LISTEN_FDS"] = std::to_string(handover.sockets.listeners.size());
  environment["LISTEN_FDNAMES"] = names;
  environment["ORRERY_HANDOVER"] = std::to_string(description);
  std::vector<std::string> entries;
  for (const auto& [name, value] : environment)
    entries.push_back(fmt::format("{}={}", name, value));
  return entries;
}

// The path we were called by, if it means this program: behind a link that is pointed elsewhere is
// where the next version will be.
std::optional<std::string> as_called(const std::string& name) {
  if (name.find('/') == std::string::npos) return std::nullopt;
  struct stat called{};
  struct stat self{};
  const bool same = ::stat(name.c_str(), &called) == 0 && ::stat("/proc/self/exe", &self) == 0 &&
                    called.st_dev == self.st_dev && called.st_ino == self.st_ino;
  if (!same) return std::nullopt;
  std::error_code error;
  const auto path = std::filesystem::absolute(name, error);
  return error ? std::nullopt : std::optional{path.string()};
}

// Requires: everything has its place.
Result<> run(const std::string& program, const Invocation& invocation, const Handover& placed) {
  const int description = memory_file(json::serialize(describe(placed)));
  auto arguments = invocation.arguments;
  auto environment = environment_of(invocation, placed, description);
  ::execve(program.c_str(), pointers(arguments).data(), pointers(environment).data());
  return fail(ErrorKind::unavailable, "{} cannot be run: {}", program, std::strerror(errno));
}

}  // namespace

Handover take_handover() {
  Handover handover;
  handover.sockets.listeners = take_listeners();
  handover.managed = !handover.sockets.listeners.empty();
  const int description = number_of(variable("ORRERY_HANDOVER"));
  if (handover.managed && description >= 0) {
    try {
      read_description(read_whole(description), handover);
    } catch (const std::exception&) {
      // Not written by us: then only the listening sockets count.
      handover.lock = handover.previous = -1;
      handover.sockets.connections.clear();
    }
    ::close(description);
  }
  for (const auto* name : variables) ::unsetenv(name);
  return handover;
}

Invocation own_invocation(int argc, char** argv) {
  Invocation invocation;
  std::string path(4096, '\0');
  const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  // Already replaced while we were being started: the name is the newer one's.
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
  invocation.program = as_called(argv[0]).value_or(path);
  invocation.arguments.assign(argv, argv + argc);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string pair{*entry};
    const auto equals = pair.find('=');
    if (equals != std::string::npos)
      invocation.environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  for (const auto* name : variables) invocation.environment.erase(name);
  return invocation;
}

Result<> become(const Invocation& invocation, const Handover& handover) {
  close_the_rest(handover, -1);
  const auto placed = arrange(handover);
  auto failed = run(invocation.program, invocation, placed);
  if (placed.previous >= 0) return fall_back(placed, failed.error().text());
  return failed;
}

Result<> fall_back(const Handover& handover, std::string reason) {
  auto left = handover;
  left.previous = -1;
  left.fell_back = std::move(reason);
  close_the_rest(left, handover.previous);
  const int above = first_listener + static_cast<int>(left.sockets.listeners.size());
  const int image = ::fcntl(handover.previous, F_DUPFD_CLOEXEC, above);
  return run(fmt::format("/proc/self/fd/{}", image), handover.previous_was, arrange(left));
}

void go_back_from(const std::string& reason) {
  const auto before = take_handover();
  if (before.previous < 0) return;
  [[maybe_unused]] const auto failed = fall_back(before, reason);
}

int open_own_image() { return ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC); }

}  // namespace orrery::app
