#include "base/realm.h"

#include <gtest/gtest.h>

namespace iotemu {
namespace {

TEST(Realm, DefaultsToTheAccountAndRegionOfTheExamples) {
  EXPECT_EQ(iot_arn(Realm{}, "policy/p1"), "arn:aws:iot:us-east-1:123456789012:policy/p1");
}

TEST(Realm, NamesThePartitionOfItsRegion) {
  EXPECT_EQ(iot_arn({"210987654321", "cn-north-1"}, "cert/ab"),
            "arn:aws-cn:iot:cn-north-1:210987654321:cert/ab");
  EXPECT_EQ(partition("us-gov-west-1"), "aws-us-gov");
  EXPECT_EQ(partition("eu-central-1"), "aws");
}

TEST(Realm, FindsTheResourceOfItsOwnArns) {
  const Realm realm{"123456789012", "eu-central-1"};
  EXPECT_EQ(iot_resource(realm, "arn:aws:iot:eu-central-1:123456789012:thinggroup/a/b"), "thinggroup/a/b");
}

TEST(Realm, FindsNoResourceInAnArnOfAnotherRealmOrService) {
  const Realm realm{"123456789012", "eu-central-1"};
  EXPECT_EQ(iot_resource(realm, "arn:aws:iot:us-east-1:123456789012:cert/a"), "");
  EXPECT_EQ(iot_resource(realm, "arn:aws:iot:eu-central-1:999999999999:cert/a"), "");
  EXPECT_EQ(iot_resource(realm, "arn:aws:iam::123456789012:role/a"), "");
  EXPECT_EQ(iot_resource(realm, "cert/a"), "");
}

TEST(Realm, DiffersByAccountAndByRegion) {
  const Realm here{};
  EXPECT_NE(here, (Realm{"210987654321", here.region}));
  EXPECT_NE(here, (Realm{here.account, "eu-west-1"}));
  EXPECT_EQ(std::hash<Realm>{}(here), std::hash<Realm>{}(Realm{}));
}

}  // namespace
}  // namespace iotemu
