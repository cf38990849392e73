// The few words in which the databases differ, so that one SQL text serves all.
//
// In migrations and in statements about the schema:
//   @integer   64 bits                @serial   a key that only grows, also over deletions
//   @real      a double               @strict   ends CREATE TABLE
//   @blob      bytes                  @keyed    the same, stored by its primary key
#pragma once

#include <string>
#include <string_view>

namespace orrery::storage {

enum class Dialect { sqlite, postgres };

// The text in that dialect.
std::string render(std::string_view sql, Dialect dialect);

}  // namespace orrery::storage
