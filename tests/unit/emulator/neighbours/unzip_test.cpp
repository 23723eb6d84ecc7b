// Zips that strangers send: what is unpacked, and what is not.

#include "emulator/neighbours/lambda/unzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "zip_of.h"

namespace iotemu::neighbours::lambda {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Unzip : public testing::Test {
 protected:
  Unzip() {
    fs::remove_all(root);
    fs::create_directories(folder);
  }
  ~Unzip() override { fs::remove_all(root); }

  std::string refused(const std::string& zip, const UnzipLimits& limits = {}) {
    const auto done = unzip(zip, folder, limits);
    return done ? "it was unpacked" : done.error().message;
  }
  static std::string content(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  }

  const fs::path root = fs::canonical(testing::TempDir()) / "iotemu-unzip-test";
  const fs::path folder = root / "code";
};

TEST_F(Unzip, UnpacksFilesAndFoldersWithPlainModes) {
  ASSERT_TRUE(unzip(zip_of({{.name = "index.js", .content = "exports.handler", .mode = 06666},
                            {.name = "lib/"},
                            {.name = "lib/a.js", .content = "a"},
                            {.name = "deep/er/b.js", .content = "b"},
                            {.name = "bootstrap", .content = "#!/bin/sh", .mode = 0700},
                            {.name = "node_modules/.bin/tool", .link = "../tool/run.js"}}),
                    folder));
  EXPECT_EQ(content(folder / "index.js"), "exports.handler");
  EXPECT_EQ(content(folder / "deep/er/b.js"), "b");
  EXPECT_EQ(fs::status(folder / "index.js").permissions(), fs::perms{0644});
  EXPECT_EQ(fs::status(folder / "bootstrap").permissions(), fs::perms{0755});
  EXPECT_TRUE(fs::is_symlink(folder / "node_modules/.bin/tool"));
}

TEST_F(Unzip, LeavesNothingOutsideItsFolder) {
  EXPECT_THAT(refused(zip_of({{.name = "../out.js", .content = "x"}})), HasSubstr("leads out of the folder"));
  EXPECT_THAT(refused(zip_of({{.name = "a/../../out.js", .content = "x"}})), HasSubstr("leads out"));
  EXPECT_THAT(refused(zip_of({{.name = "/tmp/iotemu-out.js", .content = "x"}})), HasSubstr("absolute"));
  EXPECT_THAT(refused(zip_of({{.name = "link", .link = "/etc"}})), HasSubstr("leads out"));
  EXPECT_THAT(refused(zip_of({{.name = "a/link", .link = "../../.."}})), HasSubstr("leads out"));
  EXPECT_THAT(refused(zip_of({{.name = "a", .link = "."}, {.name = "b", .link = "a/../b"}})),
              HasSubstr("leads out"));
  EXPECT_THAT(refused(zip_of({{.name = "x/y/link", .link = "../z/../.."}})), HasSubstr("leads out"));
  EXPECT_FALSE(fs::exists(root / "out.js"));
  EXPECT_FALSE(fs::exists("/tmp/iotemu-out.js"));
}

TEST_F(Unzip, WritesThroughNoLink) {
  const auto zip = zip_of(
      {{.name = "inside/"}, {.name = "link", .link = "inside"}, {.name = "link/x.js", .content = "x"}});
  EXPECT_NE(refused(zip), "it was unpacked");
  EXPECT_FALSE(fs::exists(folder / "inside/x.js"));
}

TEST_F(Unzip, TakesNamesInAnyLanguage) {
  ASSERT_TRUE(unzip(zip_of({{.name = "fl\xc3\xb8te.js", .content = "x"}}), folder));
  EXPECT_EQ(content(folder / "fl\xc3\xb8te.js"), "x");
}

TEST_F(Unzip, StopsAtBombs) {
  EXPECT_THAT(refused(zip_of({{.name = "zeros", .content = std::string(20 * 1024 * 1024, '0')}})),
              HasSubstr("unpacks to more than"))
      << "20 MB from 20 kB";
  EXPECT_THAT(refused(zip_of({{.name = "a", .content = std::string(100, 'a')}}), {.bytes = 99}),
              HasSubstr("unpacks to more than 99 bytes"));
  std::vector<ZipEntry> many(10'001);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].name = "f" + std::to_string(i);
  EXPECT_THAT(refused(zip_of(many)), HasSubstr("more than 10000 entries"));
}

TEST_F(Unzip, RefusesWhatIsNoWholeZip) {
  EXPECT_NE(refused("hello"), "it was unpacked");
  EXPECT_NE(refused(std::string(100'000, 'P')), "it was unpacked");
  EXPECT_NE(refused(""), "it was unpacked");
  EXPECT_NE(refused(zip_of({})), "it was unpacked");
  const auto zip = zip_of({{.name = "a", .content = std::string(5000, 'a')}, {.name = "b", .content = "b"}});
  for (const auto length : {zip.size() - 1, zip.size() / 2, zip.size() / 4, std::size_t{10}}) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    EXPECT_NE(refused(zip.substr(0, length)), "it was unpacked") << length;
  }
  std::string noise;
  for (unsigned n = 1; noise.size() < 5000; n = n * 1103515245U + 12345U)
    noise += static_cast<char>(n >> 24U);
  auto torn = zip_of({{.name = "a", .content = noise}});
  torn[2000] = static_cast<char>(torn[2000] ^ 0x55);
  fs::remove_all(folder);
  fs::create_directories(folder);
  EXPECT_NE(refused(torn), "it was unpacked") << "its data does not fit its checksum";
}

}  // namespace
}  // namespace iotemu::neighbours::lambda
