// Input from an S3, played by an HTTP server of the test.

#include "emulator/bulk/s3_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <ostream>

#include "base/seeded_random.h"
#include "emulator/http/server.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::bulk {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class S3Test : public ::testing::Test {
 protected:
  S3Test() : port_{*server_.listen("127.0.0.1", 0)} {}
  ~S3Test() override {
    const std::lock_guard lock{mutex_};
    held_.clear();
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  Result<std::string> read(
      const std::string& credentials = "", const InputFile& file = {"bucket", "a/b.json"},
      const std::function<bool()>& stopped = [] { return false; }) const {
    const auto files = make_s3_files(*http::read_upstream("s3", "http://" + credentials + address()), clock_);
    return files->read({.account = "210987654321", .region = "eu-west-1"}, file, stopped);
  }

  http::Request asked() {
    const std::lock_guard lock{mutex_};
    return asked_.value_or(http::Request{});
  }

  http::Response answer{.body = "{}\n"};
  bool answers{true};

 private:
  void handle(http::Request request, const http::Responder& respond) {
    const std::lock_guard lock{mutex_};
    asked_ = std::move(request);
    if (answers) return respond(answer);
    held_.push_back(respond);
  }

  SystemClock clock_;
  SeededRandom random_{7};
  WorkCounter work_;
  std::mutex mutex_;
  std::optional<http::Request> asked_;
  std::vector<http::Responder> held_;
  http::Server server_{
      {},
      [this](http::Request request, const http::Responder& respond) { handle(std::move(request), respond); },
      clock_,
      random_,
      work_};
  std::uint16_t port_;
};

TEST_F(S3Test, IsAskedForBucketAndKeyWithASignature) {  // P5.9
  EXPECT_EQ(*read(), "{}\n");
  const auto request = asked();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/bucket/a/b.json");
  ASSERT_NE(request.header("Authorization"), nullptr);
  EXPECT_THAT(
      *request.header("Authorization"),
      AllOf(HasSubstr("AWS4-HMAC-SHA256 Credential=210987654321/"), HasSubstr("/eu-west-1/s3/aws4_request"),
            HasSubstr("x-amz-content-sha256"), HasSubstr("Signature=")));
}

TEST_F(S3Test, IsAskedWithTheCredentialsOfTheUrl) {
  EXPECT_TRUE(read("KEY:SECRET/with+slash@").ok());
  EXPECT_THAT(*asked().header("Authorization"),
              AllOf(HasSubstr("Credential=KEY/"), Not(HasSubstr("SECRET"))));
}

TEST_F(S3Test, KeysArePercentEncodedAsTheSignatureWantsThem) {
  EXPECT_TRUE(read("", {"bucket", "a!b'(c)*+,d_e.f-g"}).ok());
  EXPECT_EQ(asked().target, "/bucket/a%21b%27%28c%29%2A%2B%2Cd_e.f-g");
}

struct Refusing {
  const char* name{};
  unsigned status{};
  const char* body{};
  Errc code{};
  const char* words{};
  friend std::ostream& operator<<(std::ostream& out, const Refusing& row) { return out << row.name; }
};

class RefusingS3Test : public S3Test, public ::testing::WithParamInterface<Refusing> {};

TEST_P(RefusingS3Test, IsReportedWithTheOptionAndWithoutTheSecret) {
  answer.status = GetParam().status;
  answer.body = GetParam().body;
  answer.headers = {{"Location", "http://" + address() + "/elsewhere"}};
  const auto content = read("KEY:SECRET@");
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, GetParam().code) << content.error().message;
  EXPECT_THAT(content.error().message,
              AllOf(HasSubstr("object 'a/b.json' of bucket 'bucket' at --upstream s3=http://" + address()),
                    HasSubstr(GetParam().words), HasSubstr(std::to_string(GetParam().status)),
                    Not(HasSubstr("KEY:SECRET@127"))));
  EXPECT_EQ(asked().target, "/bucket/a/b.json");
}

INSTANTIATE_TEST_SUITE_P(
    Answers, RefusingS3Test,
    ::testing::Values(
        Refusing{"NoSuchKey", 404, "<Error><Code>NoSuchKey</Code></Error>", Errc::not_found, "NoSuchKey"},
        Refusing{"NoSuchBucket", 404, "<Error><Code>NoSuchBucket</Code>", Errc::not_found, "NoSuchBucket"},
        Refusing{"NotFoundWithoutWords", 404, "", Errc::not_found, "there is no object"},
        Refusing{"AccessDenied", 403, "<Error><Code>AccessDenied</Code></Error>", Errc::access_denied,
                 "KEY:SECRET@host gives credentials"},
        Refusing{"OddCode", 500, "<Code>\n<b></Code>", Errc::io, "answered 500"},
        Refusing{"Redirect", 301, "", Errc::io, "not followed"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(S3Test, NobodyThereIsAnError) {
  const SystemClock clock;
  const auto files = make_s3_files(*http::read_upstream("s3", "http://127.0.0.1:1/"), clock);
  const auto content = files->read({}, {"bucket", "k"}, [] { return false; });
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, Errc::io);
  EXPECT_THAT(content.error().message, HasSubstr("http://127.0.0.1:1 cannot be reached: "));
}

TEST_F(S3Test, IsNotWaitedForWhenTheTaskStops) {
  answers = false;
  bool requested = false;
  const auto content = read("", {"bucket", "k"}, [&] {
    requested = !asked().target.empty();
    return requested;
  });
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, Errc::unavailable);
  EXPECT_TRUE(requested);
}

TEST_F(S3Test, AFileThatBreaksOffIsNotTakenForAWhole) {
  answer.headers = {{"Content-Length", "100"}};
  answer.close = true;
  EXPECT_FALSE(read().ok());
}

TEST(InputFiles, WithoutASourceNameTheOptions) {
  const SystemClock clock;
  const auto files = open_input_files({}, clock);
  const auto content = files->read({}, {"bucket", "k"}, [] { return false; });
  ASSERT_FALSE(content.ok());
  EXPECT_THAT(content.error().message, AllOf(HasSubstr("--bulk-input-folder DIR"),
                                             HasSubstr("--upstream s3=URL"), HasSubstr("'bucket'")));
}

TEST_F(S3Test, IsAskedForWhatTheFolderDoesNotHave) {
  const iotemu::testing::TemporaryDirectory directory;
  const SystemClock clock;
  const auto files = open_input_files(
      {.folder = directory.path().string(), .s3 = *http::read_upstream("s3", "http://" + address() + "/")},
      clock);
  EXPECT_EQ(*files->read({}, {"bucket", "k"}, [] { return false; }), "{}\n");
  answer.status = 404;
  const auto content = files->read({}, {"bucket", "k"}, [] { return false; });
  ASSERT_FALSE(content.ok());
  EXPECT_THAT(content.error().message, AllOf(HasSubstr("--bulk-input-folder"), HasSubstr("--upstream s3=")));
}

}  // namespace
}  // namespace iotemu::bulk
