#include "storage/postgres/libpq.h"

#include <mutex>
#include <optional>

#include <dlfcn.h>

namespace orrery::storage::postgres {
namespace {

Error not_installed(const char* reason) {
  return Error{ErrorKind::unsupported,
               fmt::format("PostgreSQL's client library cannot be loaded: {}", reason)}
      .remedy("install it (apt-get install libpq5), or set database.url to sqlite:FILE");
}

// Finds functions one after the other, and remembers the first that is missing.
class Finder {
 public:
  explicit Finder(void* library) : library_{library} {}

  template <class F>
  void operator()(F& function, const char* name) {
    function = reinterpret_cast<F>(dlsym(library_, name));
    if (function == nullptr && missing_ == nullptr) missing_ = name;
  }
  const char* missing() const { return missing_; }

 private:
  void* library_;
  const char* missing_ = nullptr;
};

Result<Libpq> load() {
  void* library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return fail(not_installed(dlerror()));
  Libpq pq{};
  Finder find{library};
  find(pq.connect_start, "PQconnectStartParams");
  find(pq.connect_poll, "PQconnectPoll");
  find(pq.parse, "PQconninfoParse");
  find(pq.free_options, "PQconninfoFree");
  find(pq.free_memory, "PQfreemem");
  find(pq.finish, "PQfinish");
  find(pq.status, "PQstatus");
  find(pq.socket, "PQsocket");
  find(pq.parameter_status, "PQparameterStatus");
  find(pq.error_message, "PQerrorMessage");
  find(pq.set_verbosity, "PQsetErrorVerbosity");
  find(pq.set_notice_receiver, "PQsetNoticeReceiver");
  find(pq.set_nonblocking, "PQsetnonblocking");
  find(pq.enter_pipeline, "PQenterPipelineMode");
  find(pq.exit_pipeline, "PQexitPipelineMode");
  find(pq.pipeline_sync, "PQpipelineSync");
  find(pq.send_query, "PQsendQuery");
  find(pq.send_prepare, "PQsendPrepare");
  find(pq.send_prepared, "PQsendQueryPrepared");
  find(pq.flush, "PQflush");
  find(pq.consume, "PQconsumeInput");
  find(pq.is_busy, "PQisBusy");
  find(pq.get_result, "PQgetResult");
  find(pq.result_status, "PQresultStatus");
  find(pq.command_tag, "PQcmdStatus");
  find(pq.error_field, "PQresultErrorField");
  find(pq.clear, "PQclear");
  find(pq.rows, "PQntuples");
  find(pq.columns, "PQnfields");
  find(pq.column_type, "PQftype");
  find(pq.is_null, "PQgetisnull");
  find(pq.value, "PQgetvalue");
  find(pq.length, "PQgetlength");
  find(pq.get_cancel, "PQgetCancel");
  find(pq.cancel, "PQcancel");
  find(pq.free_cancel, "PQfreeCancel");
  if (find.missing() != nullptr) return fail(not_installed(find.missing()));
  return pq;
}

}  // namespace

// A failed attempt is not remembered: somebody may install it and retry.
Result<const Libpq*> libpq() {
  static std::mutex mutex;
  static std::optional<Libpq> loaded;
  const std::lock_guard lock{mutex};
  if (!loaded) {
    auto fresh = load();
    if (!fresh) return fail(std::move(fresh).error());
    loaded = *fresh;
  }
  return &*loaded;
}

}  // namespace orrery::storage::postgres
