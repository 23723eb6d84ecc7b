#include "base/private_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/log.h"
#include "tests/support/temporary_directory.h"

namespace iotemu {
namespace {

using ::testing::HasSubstr;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat facts {};
  EXPECT_EQ(::lstat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 07777;
}

class PrivateFile : public ::testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::off); }
  void TearDown() override { log::set_level(log::Level::warn); }

  testing::TemporaryDirectory directory_;
};

TEST_F(PrivateFile, IsCreatedWithTheModeItIsGivenWhateverTheUmask) {
  const auto before = ::umask(0);
  ASSERT_TRUE(write_file(directory_ / "secret", "x", kSecretMode, Overwrite::no));
  ::umask(0777);
  ASSERT_TRUE(write_file(directory_ / "public", "x", kPublicMode, Overwrite::no));
  ::umask(before);
  EXPECT_EQ(mode_of(directory_ / "secret"), 0600U);
  EXPECT_EQ(mode_of(directory_ / "public"), 0644U);
}

TEST_F(PrivateFile, IsNotOverwrittenUnlessAsked) {
  const auto file = directory_ / "file";
  ASSERT_TRUE(write_file(file, "first", kSecretMode, Overwrite::no));
  const auto refused = write_file(file, "second", kSecretMode, Overwrite::no);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::already_exists);
  EXPECT_THAT(refused.error().message, HasSubstr(file.string()));
  EXPECT_EQ(*read_file(file), "first");

  ASSERT_TRUE(write_file(file, "third", kSecretMode, Overwrite::yes));
  EXPECT_EQ(*read_file(file), "third");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory_.path()}, {}), 1)
      << "a temporary file was left behind";
}

TEST_F(PrivateFile, IsNeverWrittenThroughASymbolicLink) {
  const auto target = directory_ / "target";
  const auto link = directory_ / "link";
  ASSERT_TRUE(write_file(target, "safe", kPublicMode, Overwrite::no));
  std::filesystem::create_symlink(target, link);
  EXPECT_FALSE(write_file(link, "evil", kSecretMode, Overwrite::no));
  ASSERT_TRUE(write_file(link, "own", kSecretMode, Overwrite::yes));
  EXPECT_EQ(*read_file(target), "safe");
  EXPECT_FALSE(std::filesystem::is_symlink(link));
}

TEST_F(PrivateFile, SecretIsNotReadThroughASymbolicLinkOrFromAPipe) {
  ASSERT_TRUE(write_file(directory_ / "key", "k", kSecretMode, Overwrite::no));
  std::filesystem::create_symlink(directory_ / "key", directory_ / "link");
  EXPECT_FALSE(read_secret_file(directory_ / "link"));
  ASSERT_EQ(::mkfifo((directory_ / "pipe").c_str(), 0600), 0);
  const auto refused = read_secret_file(directory_ / "pipe");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("not a regular file"));
}

TEST_F(PrivateFile, SecretThatOthersCanReadIsMended) {
  ASSERT_TRUE(write_file(directory_ / "key", "k", kPublicMode, Overwrite::no));
  EXPECT_EQ(*read_secret_file(directory_ / "key"), "k");
  EXPECT_EQ(mode_of(directory_ / "key"), 0600U);
}

TEST_F(PrivateFile, MissingFileIsToldFromOtherFailures) {
  EXPECT_EQ(read_file(directory_ / "none").error().code, Errc::not_found);
  EXPECT_EQ(read_file(directory_.path()).error().code, Errc::io);
}

TEST_F(PrivateFile, ReadingStopsAtItsBound) {
  ASSERT_TRUE(write_file(directory_ / "big", std::string(1001, 'x'), kPublicMode, Overwrite::no));
  EXPECT_EQ(read_file(directory_ / "big", 1000).error().code, Errc::too_large);
  EXPECT_TRUE(read_file(directory_ / "big", 1001));
}

TEST_F(PrivateFile, DirectoryIsMadePrivateWithItsParents) {
  ASSERT_TRUE(make_private_directory(directory_ / "a/b"));
  EXPECT_EQ(mode_of(directory_ / "a/b"), 0700U);
  EXPECT_TRUE(make_private_directory(directory_ / "a/b"));
}

TEST_F(PrivateFile, EmptyOpenDirectoryIsMendedAndAFullOneRefused) {
  const auto open = directory_ / "open";
  std::filesystem::create_directory(open);
  std::filesystem::permissions(open, std::filesystem::perms{0755});
  ASSERT_TRUE(make_private_directory(open));
  EXPECT_EQ(mode_of(open), 0700U);

  ASSERT_TRUE(write_file(open / "something", "x", kPublicMode, Overwrite::no));
  std::filesystem::permissions(open, std::filesystem::perms{0755});
  const auto refused = make_private_directory(open);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("chmod 700"));
  EXPECT_EQ(mode_of(open), 0755U);
}

TEST_F(PrivateFile, DirectoryWhereAFileStandsIsRefused) {
  ASSERT_TRUE(write_file(directory_ / "file", "x", kPublicMode, Overwrite::no));
  EXPECT_FALSE(make_private_directory(directory_ / "file"));
}

}  // namespace
}  // namespace iotemu
