#include "registry/policy/action.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace iotemu::registry::policy {
namespace {

// P7.4: the actions and their names.
TEST(Action, EachHasItsOwnNameAndIsNamedByIt) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kActionCount; ++i) {
    const auto action = static_cast<Action>(i);
    names.insert(name(action));
    for (std::size_t j = 0; j < kActionCount; ++j) {
      EXPECT_EQ(actions_named_by(name(action)).contains(static_cast<Action>(j)), i == j) << name(action);
    }
  }
  EXPECT_EQ(names.size(), kActionCount);
}

// P7.1: foreign actions are legal.
TEST(Action, IsNotNamedByForeignActions) {
  EXPECT_TRUE(actions_named_by("iot:CreateTopicRule").empty());
  EXPECT_TRUE(actions_named_by("greengrass:*").empty());
  EXPECT_TRUE(actions_named_by("").empty());
}

// P7.3: NotAction.
TEST(ActionSet, ComplementHoldsEveryOtherDeviceAction) {
  const ActionSet all = ActionSet{}.complement();
  for (std::size_t i = 0; i < kActionCount; ++i) EXPECT_TRUE(all.contains(static_cast<Action>(i)));
  EXPECT_TRUE(all.complement().empty());
  EXPECT_FALSE(actions_named_by("iot:Publish").complement().contains(Action::publish));
}

}  // namespace
}  // namespace iotemu::registry::policy
