// Takes known secrets out of any text before a person or a file sees it.
#pragma once

#include <string>
#include <vector>

namespace orrery::observe {

class Redactor {
 public:
  // Texts shorter than four bytes would turn ordinary words into stars; they are left out.
  explicit Redactor(std::vector<std::string> secrets);
  std::string operator()(std::string text) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace orrery::observe
