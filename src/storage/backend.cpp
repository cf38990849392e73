#include "storage/backend.h"

#include "storage/postgres/backend.h"
#include "storage/sqlite/backend.h"

namespace orrery::storage {

Result<std::unique_ptr<Backend>> make_backend(const BackendOptions& options) {
  if (options.url.starts_with("sqlite:")) {
    return std::make_unique<sqlite::Backend>(sqlite::path_of(options.url, options.data_folder),
                                             options.busy_timeout);
  }
  auto address = postgres::parse_address(options.url);
  if (!address) return fail(std::move(address).error());
  return std::make_unique<postgres::Backend>(std::move(*address), options.connect_timeout,
                                             options.presence);
}

}  // namespace orrery::storage
