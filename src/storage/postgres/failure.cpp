#include "storage/postgres/failure.h"

#include <algorithm>

#include "core/text.h"

namespace orrery::storage::postgres {
namespace {

struct Meaning {
  std::string_view state;  // the whole, or its class
  ErrorKind kind;
  std::string_view remedy;
};

// The first that the state begins with counts.
constexpr Meaning meanings[] = {
    {"08", ErrorKind::unavailable, "see whether the server runs: {place}"},
    {"22", ErrorKind::invalid, ""},
    {"23", ErrorKind::conflict, ""},
    {"25006", ErrorKind::denied,
     "set database.url to a server that may be written to (this one is a "
     "read-only copy or in recovery)"},
    {"25", ErrorKind::unavailable, ""},
    {"28", ErrorKind::denied,
     "check the user and the password in database.url, and the server's pg_hba.conf"},
    {"3D000", ErrorKind::not_found, "make it: createdb -h {host} -p {port} -U {user} '{name}'"},
    {"40", ErrorKind::conflict, ""},
    {"42P01", ErrorKind::invalid,
     "see what is missing: orrery db validate; a copy puts it back: orrery db restore FILE"},
    {"42P07", ErrorKind::invalid,
     "the database holds tables that its history does not: see orrery db validate, and put a copy "
     "in its place (orrery db restore FILE), or set database.url to an empty database"},
    {"42501", ErrorKind::denied,
     "give the user {user} the right to it: GRANT ALL ON SCHEMA public TO {user}"},
    {"42", ErrorKind::invalid, ""},
    {"53100", ErrorKind::unavailable, "make room on the server's disk: it is full"},
    {"53300", ErrorKind::unavailable,
     "lower database.connections, end other clients, or raise the server's max_connections"},
    {"53", ErrorKind::unavailable,
     "see what the server lacks (memory, disk, connections) in its log"},
    {"55000", ErrorKind::unavailable,
     "allow connections to it: ALTER DATABASE {name} ALLOW_CONNECTIONS true"},
    {"55P03", ErrorKind::unavailable, "end the program that holds the lock"},
    {"57014", ErrorKind::cancelled, ""},
    {"57P03", ErrorKind::unavailable, "wait: the server is starting or stopping"},
    {"57", ErrorKind::unavailable, "see whether the server runs: {place}"},
    {"58", ErrorKind::unavailable, "look at the server's disk and log"},
    {"XX001", ErrorKind::corrupt, "put a backup in its place: orrery db restore FILE"},
    {"XX002", ErrorKind::corrupt, "rebuild the index: REINDEX DATABASE {name}"},
};

const Meaning* meaning_of(std::string_view state) {
  const auto* at = std::ranges::find_if(
      meanings, [&](const Meaning& meaning) { return state.starts_with(meaning.state); });
  return at == std::end(meanings) ? nullptr : at;
}

void fill_in(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

// "FATAL:  28P01: password authentication failed for user "x"" -> the state and the words.
struct Said {
  std::string state;
  std::string words;
};
Said said_in(const std::string& text) {
  for (const std::string_view severity : {"FATAL:  ", "ERROR:  ", "PANIC:  "}) {
    const auto at = text.rfind(severity);
    if (at == std::string::npos) continue;
    const auto begin = at + severity.size();
    if (text.size() < begin + 7 || text[begin + 5] != ':') continue;
    const auto end = std::min(text.find('\n', begin), text.size());
    return {text.substr(begin, 5), text.substr(begin + 7, end - begin - 7)};
  }
  return {};
}

bool refused(const std::string& text) {
  return text.find("Connection refused") != std::string::npos ||
         text.find("No such file or directory") != std::string::npos;
}

// What libpq itself found, by its words.
struct Found {
  std::string_view words;
  ErrorKind kind;
  std::string_view remedy;
};
constexpr Found finds[] = {
    {"no password supplied", ErrorKind::denied,
     "put the password into database.url: postgresql://USER:PASSWORD@HOST:PORT/NAME"},
    {"server does not support SSL", ErrorKind::unavailable,
     "take sslmode out of database.url, or turn SSL on at the server"},
    {"certificate verify failed", ErrorKind::denied,
     "give the server's root certificate in database.url: ?sslrootcert=FILE"},
    {"could not translate host name", ErrorKind::unavailable,
     "check the host in database.url; the name server does not know it"},
    {"invalid integer value", ErrorKind::invalid, "check the port in database.url"},
    {"invalid port number", ErrorKind::invalid, "check the port in database.url"},
    {"value: \"", ErrorKind::invalid, "check the options of database.url, after its question mark"},
    {"definition of service", ErrorKind::invalid,
     "check the service that is named (database.url, PGSERVICE) and ~/.pg_service.conf"},
    {"service file", ErrorKind::invalid,
     "check the service that is named (database.url, PGSERVICE) and ~/.pg_service.conf"},
    {"is too long", ErrorKind::invalid,
     "name a shorter folder for the server's local socket in database.url (up to 107 bytes)"},
};

// Without the host in front, which our own words name.
std::string last_part(std::string_view text) {
  const auto whole = trim(text.substr(0, text.find('\n')));
  const auto at = whole.rfind("failed: ");
  return printable(at == std::string_view::npos ? whole : whole.substr(at + 8));
}

}  // namespace

ErrorKind kind_of(std::string_view state) {
  const auto* meaning = meaning_of(state);
  return meaning == nullptr ? ErrorKind::internal : meaning->kind;
}

std::string remedy_of(std::string_view state, const Address& address) {
  const auto* meaning = meaning_of(state);
  std::string text{meaning == nullptr ? std::string_view{} : meaning->remedy};
  fill_in(text, "{place}", fmt::format("pg_isready -h {} -p {}", address.host, address.port));
  fill_in(text, "{host}", address.host);
  fill_in(text, "{port}", address.port);
  fill_in(text, "{user}", address.user);
  fill_in(text, "{name}", address.name);
  return text;
}

bool is_collision(std::string_view state) { return state == "40001" || state == "40P01"; }

bool ends_connection(std::string_view state) {
  return state.empty() || state.starts_with("08") || state.starts_with("57P");
}

Error connect_failure(const std::string& text, const Address& address) {
  if (const auto said = said_in(text); !said.state.empty()) {
    return Error{kind_of(said.state), fmt::format("{}: {}", address.shown(), said.words)}.remedy(
        remedy_of(said.state, address));
  }
  if (refused(text)) {
    return Error{ErrorKind::unavailable, address.shown() + " refused the connection"}.remedy(
        "start it (systemctl start postgresql), or set database.url");
  }
  for (const auto& found : finds) {
    if (text.find(found.words) == std::string::npos) continue;
    return Error{found.kind,
                 fmt::format("{} cannot be reached: {}", address.shown(), last_part(text))}
        .remedy(std::string{found.remedy});
  }
  return Error{ErrorKind::unavailable,
               fmt::format("{} cannot be reached: {}", address.shown(), last_part(text))}
      .remedy("check the host and the port in database.url, and that the server runs there");
}

}  // namespace orrery::storage::postgres
