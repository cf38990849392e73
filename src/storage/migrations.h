// The schema's history: numbered SQL, forward and back, each applied once and remembered.
//
// Source of the SQL: storage/migrations/NNNN_name.sql and NNNN_name.back.sql, embedded at build
// time, written in the words of dialect.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace orrery::storage {

struct Migration {
  int number;
  std::string_view name;
  std::string_view forward;
  std::string_view back;
};

// In ascending order, without gaps, from 1.
std::span<const Migration> migrations();

// FNV-1a of the text: tells an edited migration from the one that ran.
std::uint64_t fingerprint(std::string_view sql);

}  // namespace orrery::storage
