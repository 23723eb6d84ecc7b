// REST with JSON, and the flat lists of the query protocol: from the wire to an input and back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/http/target.h"
#include "emulator/neighbours/protocol.h"

namespace iotemu::neighbours {
namespace {

using api::body;
using api::header;
using api::path_member;
using api::query;

const ServiceFacts kFacts{.name = "shelf", .protocol = Protocol::rest, .says_fault_type = true};

Operation put_book() {
  Operation row{.shape = {.name = "PutBook",
                          .verb = api::Verb::put,
                          .path = "/2015/books/{BookName}",
                          .input = {path_member("BookName").length(1, 8), query("Shelf"),
                                    query("TagKeys", "tagKeys").list_of(body("member")),
                                    header("Kind", "X-Kind"), body("Pages").integer(1, 900)}},
                .success = 201};
  row.placed = {{"Code", OutputPlace::Kind::status}, {"Mark", OutputPlace::Kind::header, "X-Mark"}};
  return row;
}

http::Request request(std::string method, const std::string& target, std::string body) {
  const auto parsed = http::parse_target(target);
  return {.method = std::move(method),
          .segments = parsed->segments,
          .query = parsed->query,
          .headers = {{"X-Kind", "novel"}},
          .body = std::move(body)};
}

class RestProtocol : public testing::Test {
 protected:
  Answer<Json> read(const http::Request& request) {
    const auto match = match_rest(router, request);
    if (!match) return Fault{"nothing", ""};
    return read_rest(kFacts, row, *match, request);
  }

  const Operation row = put_book();
  const api::Router router{{{"PutBook", api::Verb::put, "/2015/books/{BookName}", &row.shape}}};
};

TEST_F(RestProtocol, CollectsMembersFromPathQueryHeadersAndBody) {  // P10.1
  const auto input =
      read(request("PUT", "/2015/books/a%2Fb?Shelf=up&tagKeys=x&tagKeys=y", R"({"Pages": 7, "Other": 1})"));
  ASSERT_TRUE(input);
  EXPECT_EQ(*input, Json::parse(R"({"BookName": "a/b", "Shelf": "up", "TagKeys": ["x", "y"], "Kind": "novel",
                                    "Pages": 7})"));
}

TEST_F(RestProtocol, AcceptsTheSlashAtTheEndThatOlderSdksWrite) {
  EXPECT_TRUE(read(request("PUT", "/2015/books/a/", "")));
  EXPECT_EQ(read(request("PUT", "/2015/books//", "")).fault().name, "nothing");
}

TEST_F(RestProtocol, RefusesWhatBreaksAMembersRule) {
  EXPECT_EQ(read(request("PUT", "/2015/books/ninechars", "")).fault().name, "ValidationException");
  EXPECT_EQ(read(request("PUT", "/2015/books/a", R"({"Pages": 0})")).fault().name, "ValidationException");
  EXPECT_EQ(read(request("PUT", "/2015/books/a", R"({"Pages": "7"})")).fault().name,
            "SerializationException");
  EXPECT_EQ(read(request("PUT", "/2015/books/a", "{")).fault().name, "SerializationException");
}

TEST_F(RestProtocol, PlacesMembersOfTheAnswerWhereTheyTravel) {
  const auto plain = rest_answer(row, Json{{"Pages", 7}});
  EXPECT_EQ(plain.status, 201U);
  EXPECT_EQ(plain.body, R"({"Pages":7})");
  const auto placed = rest_answer(row, Json{{"Code", 202}, {"Mark", "red"}, {"Pages", 7}});
  EXPECT_EQ(placed.status, 202U);
  EXPECT_EQ(*http::find_header(placed.headers, "x-mark"), "red");
  EXPECT_EQ(placed.body, R"({"Pages":7})");
  EXPECT_EQ(rest_answer(row, Json{{"Code", 204}}).body, "");
}

TEST_F(RestProtocol, AnswersWithTheBodyAloneWhereItIsAPayload) {
  Operation raw = row;
  raw.placed.push_back({"Text", OutputPlace::Kind::payload});
  EXPECT_EQ(rest_answer(raw, Json{{"Text", "not json"}}).body, "not json");
  EXPECT_EQ(rest_answer(raw, Json::object()).body, "");
}

TEST_F(RestProtocol, NamesAFaultInTheHeaderAndSaysWhoseItIs) {  // P9.7
  const auto answer = rest_fault(kFacts, {"ResourceConflictException", "There is one already", 409});
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(*http::find_header(answer.headers, "x-amzn-errortype"), "ResourceConflictException");
  EXPECT_EQ(Json::parse(answer.body), Json::parse(R"({"Type": "User", "Message": "There is one already"})"));
  EXPECT_EQ(Json::parse(rest_fault(kFacts, {"ServiceException", "", 500}).body)["Type"], "Service");
}

// The query protocol of a service that writes its lists flat.

const Operation kSend{
    .shape = {.name = "Send",
              .input = {body("Names").list_of(body("member")).flat("Name"),
                        body("Notes").map_of(body("Name"), body("Value")).flat("Note"),
                        body("Entries").list_of(body("member").structure({body("Id")})).flat("Entry")}},
    .has_result = true,
    .flat_output = {{"Items", "Item"}, {"Notes", "Note", "Name", "Value"}}};

TEST(QueryProtocol, ReadsFlatListsAndMaps) {
  const auto input = read_form(
      {}, kSend,
      {{"Name.1", "a"}, {"Name.2", "b"}, {"Note.1.Name", "k"}, {"Note.1.Value", "v"}, {"Entry.1.Id", "x"}});
  ASSERT_TRUE(input);
  EXPECT_EQ(*input, Json::parse(R"({"Names": ["a", "b"], "Notes": {"k": "v"}, "Entries": [{"Id": "x"}]})"));
}

TEST(QueryProtocol, WritesThemFlatToo) {
  const ServiceFacts facts{.xml_space = "urn:x"};
  const auto answer = xml_answer(
      facts, kSend, Json::parse(R"({"Items": [{"Notes": {"k": "v"}, "Id": "1"}, {"Id": "2"}]})"), "r");
  EXPECT_EQ(answer.body,
            "<SendResponse xmlns=\"urn:x\"><SendResult>"
            "<Item><Id>1</Id><Note><Name>k</Name><Value>v</Value></Note></Item><Item><Id>2</Id></Item>"
            "</SendResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SendResponse>");
  EXPECT_THAT(xml_answer(facts, kSend, Json::object(), "r").body,
              testing::HasSubstr("<SendResult></SendResult>"));
}

TEST(QueryProtocol, HasErrorNamesOfItsOwnWhichJsonTellsToo) {
  const Fault fault{"QueueDoesNotExist", "no", 400, "AWS.Old.Name"};
  EXPECT_THAT(xml_fault("", fault, "r").body, testing::HasSubstr("<Code>AWS.Old.Name</Code>"));
  const ServiceFacts facts{.json_version = "1.0", .type_space = "com.x#"};
  const auto json = json_fault(facts, fault);
  EXPECT_EQ(json.content_type, "application/x-amz-json-1.0");
  EXPECT_EQ(Json::parse(json.body)["__type"], "com.x#QueueDoesNotExist");
  EXPECT_EQ(*http::find_header(json.headers, "x-amzn-query-error"), "AWS.Old.Name;Sender");
}

}  // namespace
}  // namespace iotemu::neighbours
