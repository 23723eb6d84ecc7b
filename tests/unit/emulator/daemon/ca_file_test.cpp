#include "emulator/daemon/ca_file.h"

#include <gtest/gtest.h>

#include "base/private_file.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::daemon {
namespace {

TEST(CaFile, LiesInTheDataDirectoryWhereThereIsOne) {
  const iotemu::testing::TemporaryDirectory directory;
  Settings settings;
  settings.emulator.data_dir = directory.path().string();
  settings.ready_file = (directory / "ready.json").string();
  EXPECT_EQ(CaFile::place(settings, "pem")->path(), directory / "server-ca.crt");
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(CaFile, LiesBesideTheReadyFileAndGoesWithItsOwner) {
  const iotemu::testing::TemporaryDirectory directory;
  Settings settings;
  settings.ready_file = (directory / "ready.json").string();
  {
    const auto placed = CaFile::place(settings, "pem");
    ASSERT_TRUE(placed);
    EXPECT_EQ(placed->path(), directory / "ready.json.ca.pem");
    EXPECT_EQ(*read_file(placed->path()), "pem");
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(CaFile, LiesInAPrivateTemporaryDirectoryOtherwise) {
  std::filesystem::path path;
  {
    const auto placed = CaFile::place({}, "pem");
    ASSERT_TRUE(placed);
    path = placed->path();
    EXPECT_TRUE(path.is_absolute());
    EXPECT_EQ(*read_file(path), "pem");
    EXPECT_EQ(std::filesystem::status(path.parent_path()).permissions(), std::filesystem::perms{0700});
  }
  EXPECT_FALSE(std::filesystem::exists(path.parent_path()));
}

}  // namespace
}  // namespace iotemu::daemon
