// Functions: their code, their configuration and who may use them (P9.7).

#include <unistd.h>

#include <filesystem>

#include "lambda_fixture.h"

namespace iotemu::neighbours {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(LambdaTest, CreatesAFunctionFromAZip) {  // P9.7
  const auto answer =
      ask("POST", kFunctions, function("f", {{"Environment", {{"Variables", {{"COLOUR", "red"}}}}}}));
  EXPECT_EQ(answer.status, 201U) << answer.body;
  const auto made = Json::parse(answer.body);
  EXPECT_EQ(made["FunctionName"], "f");
  EXPECT_EQ(made["FunctionArn"], kArn + "f");
  EXPECT_EQ(made["Version"], "$LATEST");
  EXPECT_EQ(made["State"], "Active");
  EXPECT_EQ(made["LastUpdateStatus"], "Successful");
  EXPECT_EQ(made["Timeout"], 3);
  EXPECT_EQ(made["MemorySize"], 128);
  EXPECT_EQ(made["Environment"], Json::parse(R"({"Variables": {"COLOUR": "red"}})"));
  EXPECT_EQ(made["CodeSha256"].get<std::string>().size(), 44U);
  EXPECT_THAT(made["LastModified"].get<std::string>(), testing::EndsWith("+0000"));
  EXPECT_EQ(fault(ask("POST", kFunctions, function("f"))), "409 ResourceConflictException");
  EXPECT_EQ(Json::parse(ask("POST", kFunctions, function("f")).body)["Type"], "User");
}

TEST_F(LambdaTest, GivesTheRuntimeWhatItWasTold) {
  create("f", {{"Timeout", 30},
               {"MemorySize", 256},
               {"EphemeralStorage", {{"Size", 600}}},
               {"Environment", {{"Variables", {{"COLOUR", "red"}}}}}});
  reply_with("{}");
  invoke("f", Json{{"a", 1}});
  ASSERT_THAT(runtime.seen, SizeIs(1));
  const auto& seen = *runtime.seen[0].function;
  EXPECT_EQ(seen.name, "f");
  EXPECT_EQ(seen.arn, kArn + "f:$LATEST");
  EXPECT_EQ(seen.timeout, std::chrono::seconds{30});
  EXPECT_EQ(seen.memory_mb, 256U);
  EXPECT_EQ(seen.scratch_mb, 600U);
  EXPECT_EQ(seen.environment.at("COLOUR"), "red");
  EXPECT_TRUE(fs::exists(fs::path{seen.folder} / "index.js"));
  EXPECT_EQ(fs::status(fs::path{seen.folder}.parent_path().parent_path()).permissions(), fs::perms{0700});
}

TEST_F(LambdaTest, IsNamedByNameAndByPartialOrWholeArn) {  // P9.7
  create("f");
  for (const std::string& name :
       {std::string{"f"}, std::string{"123456789012:function:f"}, std::string{"function:f"}, kArn + "f",
        std::string{"arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af"}, kArn + "f:$LATEST"}) {
    EXPECT_EQ(ask("GET", kFunctions + "/" + name).status, 200U) << name;
  }
  EXPECT_EQ(fault(ask("GET", kFunctions + "/none")), "404 ResourceNotFoundException");
  EXPECT_EQ(message(ask("GET", kFunctions + "/none")), "Function not found: " + kArn + "none");
  EXPECT_EQ(fault(ask("GET", kFunctions + "/arn:aws:lambda:eu-west-1:123456789012:function:f")),
            "404 ResourceNotFoundException");
  EXPECT_EQ(fault(ask("GET", kFunctions + "/a%20b")), "400 ValidationException");
  EXPECT_EQ(fault(ask("GET", kFunctions + "/f?Qualifier=7")), "404 ResourceNotFoundException");
}

TEST_F(LambdaTest, GivesItsCodeBack) {
  create("f", {{"Tags", {{"site", "north"}}}});
  const auto got = good("GET", kFunctions + "/f");
  EXPECT_EQ(got["Tags"], (Json{{"site", "north"}}));
  EXPECT_EQ(got["Code"]["RepositoryType"], "S3");
  const std::string location = got["Code"]["Location"];
  ASSERT_THAT(location, testing::StartsWith("http://localhost:4566/"));
  // Unsigned, as a presigned URL is asked.
  const auto zip = *send({.method = "GET", .target = location.substr(21)}, "", "");
  EXPECT_EQ(zip.status, 200U);
  EXPECT_EQ(zip.body, zip_of({{.name = "index.js", .content = "// f"}}));
  EXPECT_EQ(send({.method = "GET", .target = "/2015-03-31/iot-emulator-code/00"}, "", "")->status, 404U);
}

/// Started with --lambda-folder.
class LocalFolders : public LambdaTest {
 protected:
  LocalFolders() : LambdaTest{{}, {.code = {.root = testing::TempDir(), .folders = {top()}}}} {
    fs::remove_all(top());
    fs::create_directories(top() / "f");
  }
  ~LocalFolders() override { fs::remove_all(top()); }

  http::Response create_from(const std::string& folder, const Json& more = Json::object()) {
    Json code{{"S3Bucket", "local-folder"}, {"S3Key", folder}};
    code.update(more);
    return ask("POST", kFunctions, function("f", {{"Code", code}}));
  }

  /// Of this process: other tests run beside it.
  static fs::path top() {
    return fs::canonical(testing::TempDir()) / ("iotemu-lambda-folder-" + std::to_string(::getpid()));
  }
};

TEST_F(LocalFolders, AreUsedInPlace) {
  const auto folder = (top() / "f").string();
  EXPECT_EQ(create_from(folder).status, 201U);
  reply_with("{}");
  invoke("f", Json::object());
  EXPECT_EQ(runtime.seen.at(0).function->folder, folder);
  EXPECT_EQ(good("GET", kFunctions + "/f")["Code"]["Location"], "file://" + folder);
  good("DELETE", kFunctions + "/f");
  EXPECT_TRUE(fs::exists(folder));
  EXPECT_EQ(create_from(top().string()).status, 201U) << "the folder that is named itself";
}

TEST_F(LocalFolders, AreThoseBelowTheNamedOneAfterLinksAreFollowed) {
  fs::create_directory_symlink("/", top() / "link");
  fs::create_directories(top().string() + "-sibling");
  for (const auto& folder :
       std::vector<std::string>{"/", top().parent_path().string(), top() / "..", top() / "link",
                                top() / "link" / "etc", top().string() + "-sibling"}) {
    const auto refused = create_from(folder);
    EXPECT_EQ(fault(refused), "400 InvalidParameterValueException") << folder;
    EXPECT_THAT(message(refused), HasSubstr("--lambda-folder")) << folder;
  }
  fs::remove_all(top().string() + "-sibling");
  for (const auto& folder : std::vector<std::string>{"relative", "f", top() / "none"})
    EXPECT_THAT(message(create_from(folder)), HasSubstr("absolute path of a folder")) << folder;
}

TEST_F(LocalFolders, HaveNoVersions) {
  const auto refused = create_from(top() / "f", {{"S3ObjectVersion", "1"}});
  EXPECT_THAT(message(refused), HasSubstr("S3ObjectVersion"));
}

TEST_F(LambdaTest, UsesNoLocalFolderUnlessOneIsNamed) {
  const auto refused =
      ask("POST", kFunctions,
          function("f",
                   {{"Code", {{"S3Bucket", "local-folder"}, {"S3Key", fs::canonical(testing::TempDir())}}}}));
  EXPECT_EQ(fault(refused), "400 InvalidParameterValueException");
  EXPECT_THAT(message(refused), HasSubstr("--lambda-folder DIR"));
}

TEST_F(LambdaTest, ChangesAPolicyOnlyAtTheRevisionThatWasSeen) {
  create("f");
  Json input{{"StatementId", "a"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "iot.amazonaws.com"}};
  good("POST", kFunctions + "/f/policy", input);
  const std::string first = good("GET", kFunctions + "/f/policy")["RevisionId"];
  input.update({{"StatementId", "b"}, {"RevisionId", first}});
  good("POST", kFunctions + "/f/policy", input);
  input["StatementId"] = "c";
  EXPECT_EQ(fault(ask("POST", kFunctions + "/f/policy", input)), "412 PreconditionFailedException");
  EXPECT_EQ(fault(ask("DELETE", kFunctions + "/f/policy/a?RevisionId=" + first)),
            "412 PreconditionFailedException");
  const std::string second = good("GET", kFunctions + "/f/policy")["RevisionId"];
  EXPECT_EQ(ask("DELETE", kFunctions + "/f/policy/a?RevisionId=" + second).status, 204U);
}

TEST_F(LambdaTest, KnowsTwoArchitecturesWhenCodeIsUpdated) {
  create("f");
  Json code = function("f")["Code"];
  code["Architectures"] = {"arm64"};
  EXPECT_EQ(good("PUT", kFunctions + "/f/code", code)["Architectures"], (Json{"arm64"}));
  code["Architectures"] = {"riscv"};
  EXPECT_EQ(fault(ask("PUT", kFunctions + "/f/code", code)), "400 ValidationException");
}

struct RefusalCase {
  const char* input;  ///< merged over a good one; null takes a member away
  const char* fault;
  const char* word;
};
class Refusals : public LambdaTest, public testing::WithParamInterface<RefusalCase> {};

TEST_P(Refusals, SayWhatIsWrong) {
  auto input = function("f");
  input.merge_patch(Json::parse(GetParam().input));
  const auto answer = ask("POST", kFunctions, input);
  EXPECT_EQ(fault(answer), GetParam().fault) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(GetParam().word));
  EXPECT_EQ(ask("GET", kFunctions + "/f").status, 404U);
}

constexpr const char* kInvalid = "400 InvalidParameterValueException";
constexpr const char* kBroken = "400 ValidationException";
INSTANTIATE_TEST_SUITE_P(
    Lambda, Refusals,
    testing::Values(
        RefusalCase{R"({"FunctionName": "a b"})", kBroken, "functionName"},
        RefusalCase{R"({"FunctionName": null})", kBroken, "functionName"},
        RefusalCase{R"({"Role": "me"})", kBroken, "role"}, RefusalCase{R"({"Role": null})", kBroken, "role"},
        RefusalCase{R"({"Runtime": "cobol"})", kInvalid, "enum value set"},
        RefusalCase{R"({"Runtime": "java21"})", kInvalid, "there is no java21 here"},
        RefusalCase{R"({"Runtime": null})", kInvalid, "mandatory"},
        RefusalCase{R"({"Handler": null})", kInvalid, "mandatory"},
        RefusalCase{R"({"Handler": "a b"})", kBroken, "handler"},
        RefusalCase{R"({"Timeout": 901})", kBroken, "timeout"},
        RefusalCase{R"({"MemorySize": 127})", kBroken, "memorySize"},
        RefusalCase{R"({"EphemeralStorage": {"Size": 511}})", kBroken, "ephemeralStorage.size"},
        RefusalCase{R"({"Environment": {"Variables": {"AWS_REGION": "x", "_HANDLER": "y"}}})", kBroken,
                    "_HANDLER"},
        RefusalCase{R"({"Environment": {"Variables": {"AWS_REGION": "x"}}})", kInvalid, "reserved keys"},
        RefusalCase{R"({"Environment": {"Variables": {"1X": "x"}}})", kBroken, "environment.variables"},
        RefusalCase{R"({"PackageType": "Image"})", kInvalid, "Image is not emulated"},
        RefusalCase{R"({"Layers": ["arn:aws:lambda:us-east-1:1:layer:l:1"]})", kInvalid,
                    "Layers is not emulated"},
        RefusalCase{R"({"VpcConfig": {"SubnetIds": ["s-1"]}})", kInvalid, "VpcConfig"},
        RefusalCase{R"({"KMSKeyArn": "arn:aws:kms:x"})", kInvalid, "KMSKeyArn"},
        RefusalCase{R"({"SnapStart": {"ApplyOn": "PublishedVersions"}})", kInvalid, "SnapStart"},
        RefusalCase{R"({"DeadLetterConfig": {"TargetArn": "arn:aws:sns:us-east-1:1:t"}})", kInvalid, "SQS"},
        RefusalCase{R"({"Code": null})", kBroken, "code"},
        RefusalCase{R"({"Code": {"ZipFile": null}})", kInvalid, "provide a source"},
        RefusalCase{R"({"Code": {"ZipFile": ""}})", kInvalid, "empty"},
        RefusalCase{R"({"Code": {"ZipFile": "!"}})", "400 SerializationException", "Base64"},
        RefusalCase{R"({"Code": {"ZipFile": "aGVsbG8="}})", kInvalid, "Could not unzip uploaded file"},
        RefusalCase{R"({"Code": {"ZipFile": null, "ImageUri": "i"}})", kInvalid, "ImageUri is not emulated"},
        RefusalCase{R"({"Code": {"ZipFile": null, "S3Bucket": "b-b", "S3Key": "k"}})", kInvalid,
                    "local-folder"}));

TEST_F(LambdaTest, AcceptsTheEmptyVpcAndLayersThatTemplatesSend) {
  create("f", {{"VpcConfig", {{"SubnetIds", Json::array()}, {"SecurityGroupIds", Json::array()}}},
               {"Layers", Json::array()},
               {"KMSKeyArn", ""},
               {"DeadLetterConfig", {{"TargetArn", ""}}}});
}

TEST_F(LambdaTest, ListsInPages) {
  for (const char* name : {"a", "b", "c"}) create(name);
  const auto first = good("GET", kFunctions + "/?MaxItems=2");
  EXPECT_THAT(first["Functions"], SizeIs(2));
  const auto rest = good("GET", kFunctions + "?MaxItems=2&Marker=" + first["NextMarker"].get<std::string>());
  ASSERT_THAT(rest["Functions"], SizeIs(1));
  EXPECT_EQ(rest["Functions"][0]["FunctionName"], "c");
  EXPECT_FALSE(rest.contains("NextMarker"));
  EXPECT_EQ(fault(ask("GET", kFunctions + "?Marker=x")), kInvalid);
  EXPECT_EQ(fault(ask("GET", kFunctions + "?MaxItems=0")), kBroken);
}

TEST_F(LambdaTest, RunsNewCodeInNewProcessesAndKeepsTheOldUntilNobodyRunsIt) {
  const auto before = create("f");
  invoke("f", Json::object(), {{"X-Amz-Invocation-Type", "Event"}});
  const std::string old_folder = runtime.calls.at(0).function->folder;
  const auto after = good("PUT", kFunctions + "/f/code",
                          {{"ZipFile", to_base64(zip_of({{.name = "index.js", .content = "new"}}))}});
  EXPECT_NE(after["CodeSha256"], before["CodeSha256"]);
  EXPECT_NE(after["RevisionId"], before["RevisionId"]);
  EXPECT_THAT(runtime.retired, ElementsAre(kArn + "f:$LATEST " + before["RevisionId"].get<std::string>()));
  EXPECT_TRUE(fs::exists(old_folder)) << "an invocation runs it";
  runtime.answer(runtime::Outcome{.payload = "{}"});
  runtime.seen.clear();
  pool.run_all();  // whoever lets go of it does not wait for the disk
  EXPECT_FALSE(fs::exists(old_folder));
  good("DELETE", kFunctions + "/f");
  EXPECT_EQ(fault(ask("GET", kFunctions + "/f")), "404 ResourceNotFoundException");
  EXPECT_EQ(fault(ask("DELETE", kFunctions + "/f")), "404 ResourceNotFoundException");
}

TEST_F(LambdaTest, ChangesWhatIsAskedOfTheConfigurationAndNothingElse) {
  const auto made = create("f", {{"Description", "mine"}});
  const auto changed = good("PUT", kFunctions + "/f/configuration", {{"Timeout", 9}});
  EXPECT_EQ(changed["Timeout"], 9);
  EXPECT_EQ(changed["Description"], "mine");
  EXPECT_EQ(changed["CodeSha256"], made["CodeSha256"]);
  EXPECT_EQ(fault(ask("PUT", kFunctions + "/f/configuration", {{"RevisionId", made["RevisionId"]}})),
            "412 PreconditionFailedException");
  EXPECT_EQ(fault(ask("PUT", kFunctions + "/f/configuration", {{"Runtime", "java8"}})), kInvalid);
  EXPECT_EQ(good("GET", kFunctions + "/f/configuration")["Timeout"], 9);
}

TEST_F(LambdaTest, RemovesAllCodeAtReset) {
  create("f");
  reply_with("{}");
  invoke("f", Json::object());
  const auto folder = runtime.seen.at(0).function->folder;
  runtime.seen.clear();
  ASSERT_TRUE(fs::exists(folder));
  neighbours.reset();
  EXPECT_TRUE(fs::exists(folder)) << "who resets does not wait for the disk";
  pool.run_all();
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_EQ(ask("GET", kFunctions + "/f").status, 404U);
}

TEST_F(LambdaTest, NamesWhatIsNotBuilt) {  // P10.7
  const auto answer = ask("GET", "/2018-10-31/layers");
  EXPECT_EQ(answer.status, 501U);
  EXPECT_THAT(message(answer).get<std::string>(), HasSubstr("lambda ListLayers is not emulated"));
}

TEST_F(LambdaTest, TakesLongBodiesForCodeAlone) {
  const auto limit = [&](const std::string& method, const std::string& path) {
    const auto target = http::parse_target(path);
    return neighbours.body_limit({.method = method,
                                  .segments = target->segments,
                                  .headers = {{"Authorization",
                                               "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/us-east-1/lambda/"
                                               "aws4_request, SignedHeaders=host, Signature=00"}}});
  };
  EXPECT_EQ(limit("POST", kFunctions), kMaxBodyOfAll);
  EXPECT_EQ(limit("PUT", kFunctions + "/f/code"), kMaxBodyOfAll);
  EXPECT_EQ(limit("POST", kFunctions + "/f/policy"), api::kMaxBody);
}

class OpenLambdaTest : public LambdaTest {
 protected:
  OpenLambdaTest()
      : LambdaTest{{}, {.code = {.root = testing::TempDir()}, .enforce_lambda_permission = false}} {}
};

TEST_F(OpenLambdaTest, LetsEverybodyInvokeWhereTheSwitchSaysSo) {  // P4.2, enforce_lambda_permission
  create("f");
  EXPECT_TRUE(may_invoke({}, "f", "iot.amazonaws.com", "arn:aws:iot:us-east-1:123456789012:rule/r"));
  EXPECT_EQ(may_invoke({}, "none", "iot.amazonaws.com", "").error().code, Errc::not_found);
}

class GuardedLambdaTest : public LambdaTest {
 protected:
  GuardedLambdaTest()
      : LambdaTest{{},
                   {.code = {.root = testing::TempDir()},
                    .admin_token = "token",
                    .allowed_origins = {"http://localhost:3000"}}} {}
  unsigned list(const std::string& peer, std::vector<http::Header> headers = {},
                const std::string& reached = "10.0.0.1") {
    return send({.method = "GET",
                 .target = kFunctions,
                 .headers = std::move(headers),
                 .peer = peer,
                 .reached = reached},
                "test", "lambda")
        ->status;
  }
};

TEST_F(GuardedLambdaTest, IsForThoseWhoShowTheTokenWhereOthersReachTheEmulator) {
  EXPECT_EQ(list("10.0.0.7"), 403U);
  EXPECT_EQ(list("10.0.0.7", {{"X-Amz-Security-Token", "wrong"}}), 403U);
  EXPECT_EQ(list("10.0.0.7", {{"X-Amz-Security-Token", "token"}}), 200U);
  EXPECT_EQ(list("10.0.0.7", {{"Authorization", "Bearer token"}}), 200U);
  EXPECT_EQ(list("127.0.0.1"), 200U) << "a function calls the API too";
  EXPECT_EQ(list("::ffff:127.0.0.1"), 200U);
  EXPECT_EQ(list("10.0.0.1"), 200U) << "and by the address that the emulator listens on";
  EXPECT_EQ(list("::ffff:10.0.0.1", {}, "::ffff:10.0.0.1"), 200U);
  EXPECT_EQ(list("", {}, ""), 403U);
}

TEST_F(GuardedLambdaTest, IsForNoWebPageButThoseThatAreNamed) {  // hardening 2
  EXPECT_EQ(list("127.0.0.1", {{"Origin", "http://localhost:8000"}}), 403U);
  EXPECT_EQ(list("127.0.0.1", {{"Origin", "http://localhost:8000"}, {"X-Amz-Security-Token", "token"}}),
            403U);
  EXPECT_EQ(list("127.0.0.1", {{"Origin", "null"}}), 403U);
  EXPECT_EQ(list("127.0.0.1", {{"Sec-Fetch-Site", "same-site"}}), 403U);
  EXPECT_EQ(list("127.0.0.1", {{"Sec-Fetch-Site", "none"}}), 200U);
  EXPECT_EQ(list("127.0.0.1", {{"Origin", "http://localhost:3000"}, {"Sec-Fetch-Site", "same-site"}}), 200U);
  EXPECT_EQ(list("10.0.0.7", {{"Origin", "http://localhost:3000"}}), 403U) << "the token is asked for too";
}

}  // namespace
}  // namespace iotemu::neighbours
