// A copy that is to be put in the place of the database: asked for while the bot runs, done when
// the runtime starts anew, before the database is opened and while nobody uses it.
//
// Threads   the control strand.
// Lifetime  outlives the runtime, generation after generation.
#pragma once

#include "async/oneshot.h"
#include "storage/upkeep.h"

namespace orrery::storage {

class Restoration {
 public:
  struct Wish {
    std::shared_ptr<Upkeep> upkeep;  // shared with whoever asked, who may leave before it is done
    std::string file;
    async::Oneshot<Result<Upkeep::Restored>> done;
  };

  // Errors: conflict (another copy is about to be put back).
  Result<> ask(Wish wish) {
    if (wish_) return fail(ErrorKind::conflict, "another copy is about to be put back");
    wish_ = std::move(wish);
    return {};
  }
  std::optional<Wish> take() { return std::exchange(wish_, std::nullopt); }
  // Whoever asked no longer waits; what has begun goes on.
  void withdraw(const std::shared_ptr<Upkeep>& upkeep) {
    if (wish_ && wish_->upkeep == upkeep) wish_.reset();
  }

 private:
  std::optional<Wish> wish_;
};

}  // namespace orrery::storage
