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
enum class Preset { none, some };  // a default, or a number that is counted on

struct Column {
  std::string name;
  Type type = Type::text;
  Null null = Null::refused;
  Preset preset = Preset::none;
};
struct Index {
  std::string name;
  std::vector<std::string> columns;
  Unique unique = Unique::no;
  std::string where{};  // of which rows, if not of all: without spaces and brackets
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
  std::vector<std::string> triggers{};
};
using Model = std::vector<Table>;

const Model& declared_model();

// A condition as it is compared: "(by_bot = 0)" -> "by_bot=0".
std::string bare_condition(std::string_view condition);

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
