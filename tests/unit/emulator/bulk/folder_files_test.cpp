// The local folder as S3: what a request names never leads out of it.

#include "emulator/bulk/folder_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <ostream>

#include "tests/support/temporary_directory.h"

namespace iotemu::bulk {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FolderFilesTest : public ::testing::Test {
 protected:
  FolderFilesTest() {
    write("outside.json", "secret");
    write("inputs/bucket/things.json", "{}\n");
    write("inputs/bucket/deep/er/things.json", "deep");
    write("inputs/other/things.json", "other");
    fs::create_symlink(directory / "outside.json", directory / "inputs/bucket/link.json");
    fs::create_directory_symlink(directory.path(), directory / "inputs/bucket/up");
    fs::create_directory_symlink(directory.path(), directory / "inputs/linked");
  }

  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((directory / name).parent_path());
    std::ofstream{directory / name} << content;
  }

  Result<std::string> read(const std::string& bucket, const std::string& key) {
    return files.read({}, {.bucket = bucket, .key = key}, [] { return false; });
  }

  iotemu::testing::TemporaryDirectory directory;
  FolderFiles files{(directory / "inputs").string()};
};

TEST_F(FolderFilesTest, ReadAFileOfABucketWhole) {  // P5.9
  EXPECT_EQ(*read("bucket", "things.json"), "{}\n");
  EXPECT_EQ(*read("bucket", "deep/er/things.json"), "deep");
  EXPECT_EQ(*read("other", "things.json"), "other");
}

struct Unreadable {
  const char* name{};
  const char* bucket{};
  const char* key{};
  Errc code{};
  const char* words{};
  friend std::ostream& operator<<(std::ostream& out, const Unreadable& row) { return out << row.name; }
};

class UnreadableTest : public FolderFilesTest, public ::testing::WithParamInterface<Unreadable> {};

TEST_P(UnreadableTest, IsRefusedWithTheOptionAndTheReason) {
  const auto content = read(GetParam().bucket, GetParam().key);
  ASSERT_FALSE(content.ok()) << *content;
  EXPECT_EQ(content.error().code, GetParam().code) << content.error().message;
  EXPECT_THAT(content.error().message, HasSubstr("--bulk-input-folder"));
  EXPECT_THAT(content.error().message, HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Folder, UnreadableTest,
    ::testing::Values(
        Unreadable{"NoBucket", "none", "things.json", Errc::not_found, "no bucket (sub-folder) 'none'"},
        Unreadable{"NoKey", "bucket", "none.json", Errc::not_found, "no file 'none.json' in bucket 'bucket'"},
        Unreadable{"NoFolderInKey", "bucket", "none/things.json", Errc::not_found, "no file"},
        Unreadable{"FileAsFolder", "bucket", "things.json/x", Errc::not_found, "no file"},
        Unreadable{"KeyClimbs", "bucket", "../other/things.json", Errc::access_denied, "below its bucket"},
        Unreadable{"KeyClimbsLater", "bucket", "deep/../../other/things.json", Errc::access_denied, "below"},
        Unreadable{"KeyIsAbsolute", "bucket", "/etc/passwd", Errc::access_denied, "below its bucket"},
        Unreadable{"KeyHasAnEmptyStep", "bucket", "deep//er/things.json", Errc::access_denied, "below"},
        Unreadable{"KeyEndsWithSlash", "bucket", "deep/", Errc::access_denied, "below its bucket"},
        Unreadable{"KeyIsALink", "bucket", "link.json", Errc::access_denied, "symbolic link"},
        Unreadable{"KeyLeadsThroughALink", "bucket", "up/outside.json", Errc::access_denied, "symbolic link"},
        Unreadable{"KeyIsAFolder", "bucket", "deep", Errc::access_denied, "regular file"},
        Unreadable{"BucketIsALink", "linked", "outside.json", Errc::access_denied, "symbolic link"},
        Unreadable{"BucketClimbs", "..", "outside.json", Errc::access_denied, "sub-folder"},
        Unreadable{"BucketIsTheFolder", ".", "bucket/things.json", Errc::access_denied, "sub-folder"},
        Unreadable{"BucketIsAPath", "bucket/deep", "er/things.json", Errc::access_denied, "sub-folder"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(FolderFilesTest, ReadNothingLongerThanTheBound) {
  write("inputs/bucket/long.json", "");
  fs::resize_file(directory / "inputs/bucket/long.json", kMaxInputBytes + 1);  // sparse
  const auto content = read("bucket", "long.json");
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, Errc::too_large);
}

TEST_F(FolderFilesTest, StopWhenToldTo) {
  const auto content = files.read({}, {.bucket = "bucket", .key = "things.json"}, [] { return true; });
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, Errc::unavailable);
}

TEST(FolderFiles, SayThatTheirFolderIsMissing) {
  FolderFiles files{"/no/such/folder"};
  const auto content = files.read({}, {.bucket = "bucket", .key = "k"}, [] { return false; });
  ASSERT_FALSE(content.ok());
  EXPECT_THAT(content.error().message, HasSubstr("folder '/no/such/folder'"));
}

}  // namespace
}  // namespace iotemu::bulk
