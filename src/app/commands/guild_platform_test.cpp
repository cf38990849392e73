// The platforms with guilds that there are, each with the suite that all of them must pass.
#include "contracts/guild_platform.h"

#include "databases/database_test.h"
#include "guilds/fake_guilds.h"

namespace orrery::test {
namespace {

struct Fake : FakeGuilds {
  template <class T>
  Result<T> wait(Task<T> task) {
    return wait_for(std::move(task));
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, GuildPlatform, Fake);

}  // namespace
}  // namespace orrery::test
