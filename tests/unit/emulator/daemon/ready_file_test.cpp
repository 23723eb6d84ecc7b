#include "emulator/daemon/ready_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/private_file.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::daemon {
namespace {

using ::testing::HasSubstr;

constexpr auto kFacts = [] {
  return ReadyFacts{.api_endpoint = "http://127.0.0.1:4566",
                    .mqtt_host = "localhost",
                    .mqtt_port = 8883,
                    .https_port = 8443,
                    .server_ca_file = "/tmp/ca.pem",
                    .account = "123456789012",
                    .region = "us-east-1",
                    .pid = 42};
};

TEST(ReadyFile, HasExactlyTheMembersThatScriptsRely) {
  EXPECT_EQ(ready_json(kFacts()), (Json{{"apiEndpoint", "http://127.0.0.1:4566"},
                                        {"mqttHost", "localhost"},
                                        {"mqttPort", 8883},
                                        {"httpsPort", 8443},
                                        {"serverCaFile", "/tmp/ca.pem"},
                                        {"accountId", "123456789012"},
                                        {"region", "us-east-1"},
                                        {"pid", 42}}));
}

TEST(ReadyFile, HoldsTheAdminTokenOnlyWhereThereIsOne) {
  auto facts = kFacts();
  facts.admin_token = "t0ken";
  EXPECT_EQ(ready_json(facts)["adminToken"], "t0ken");
  EXPECT_FALSE(ready_json(kFacts()).contains("adminToken"));
}

TEST(ReadyFile, IsThereWholeAndPrivateExactlyWhileItsOwnerLives) {
  const iotemu::testing::TemporaryDirectory directory;
  const auto path = directory / "ready.json";
  {
    auto file = ReadyFile::claim(path);
    ASSERT_TRUE(file);
    EXPECT_FALSE(std::filesystem::exists(path));
    ASSERT_TRUE(file->write(kFacts()));
    EXPECT_EQ(*parse_json(*read_file(path)), ready_json(kFacts()));
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0600});
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(ReadyFile, TellsWhereTheEmulatorIsAndItsToken) {
  const iotemu::testing::TemporaryDirectory directory;
  auto facts = kFacts();
  facts.admin_token = "t0k";
  ASSERT_TRUE(write_file(directory / "ready.json", to_text(ready_json(facts)), kSecretMode, Overwrite::no));
  const auto read = read_ready_file(directory / "ready.json");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->api_endpoint, facts.api_endpoint);
  EXPECT_EQ(read->admin_token, "t0k");
  for (const auto* text : {"", "[]", "{}", R"({"apiEndpoint": 7})"}) {
    ASSERT_TRUE(write_file(directory / "other", text, kSecretMode, Overwrite::yes));
    EXPECT_THAT(read_ready_file(directory / "other").error().message, HasSubstr("is no ready file")) << text;
  }
  EXPECT_FALSE(read_ready_file(directory / "missing"));
}

TEST(ReadyFile, LeftByAnEarlierProcessGoesBeforeTheStart) {
  const iotemu::testing::TemporaryDirectory directory;
  const auto path = directory / "ready.json";
  ASSERT_TRUE(write_file(path, "stale", kPublicMode, Overwrite::no));
  ASSERT_TRUE(ReadyFile::claim(path));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ReadyFile, ThatCannotBeWrittenIsRefusedAtTheStart) {
  const iotemu::testing::TemporaryDirectory directory;
  EXPECT_THAT(ReadyFile::claim(directory / "missing/ready.json").error().message,
              HasSubstr("cannot be written"));
  EXPECT_THAT(ReadyFile::claim(directory.path()).error().message, HasSubstr("not a regular file"));
}

TEST(ReadyFile, IsNotFollowedWhereItIsASymbolicLink) {
  const iotemu::testing::TemporaryDirectory directory;
  ASSERT_TRUE(write_file(directory / "target", "mine", kPublicMode, Overwrite::no));
  std::filesystem::create_symlink(directory / "target", directory / "ready.json");
  EXPECT_FALSE(ReadyFile::claim(directory / "ready.json"));
  EXPECT_EQ(*read_file(directory / "target"), "mine");
}

TEST(ReadyFile, WithoutANameIsNotWritten) {
  auto file = ReadyFile::claim({});
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->write(kFacts()));
}

}  // namespace
}  // namespace iotemu::daemon
