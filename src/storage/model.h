// The declared shape of the database, and what is different in a real one.
//
// model.cpp is the list of every table. Migrations must make exactly this, which a test proves on
// each database.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace orrery::storage {

enum class Type { integer, real, text, blob, other };
enum class Null { refused, allowed };
enum class Unique { no, yes };

struct Column {
  std::string name;
  Type type = Type::text;
  Null null = Null::refused;
};
struct Index {
  std::string name;
  std::vector<std::string> columns;
  Unique unique = Unique::no;
};
struct ForeignKey {
  std::vector<std::string> columns;
  std::string table;
};
struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> key;  // the primary one
  std::vector<Index> indexes{};
  std::vector<ForeignKey> foreign_keys{};
};
using Model = std::vector<Table>;

const Model& declared_model();

struct Difference {
  enum class Weight {
    fault,  // the program would fail or keep wrong data
    note,   // slower, or more than was declared
  };
  Weight weight = Weight::fault;
  std::string what;
  std::string remedy;
};
// Every difference, in the order of the model. Tables that are not declared are somebody else's.
std::vector<Difference> differences(const Model& declared, const Model& found);

// Errors: corrupt, naming every fault; notes are no error.
Result<> validate(const std::vector<Difference>& differences);

}  // namespace orrery::storage
