// decode(…, 'proto', …) without its SQL: descriptor sets made here, as protoc would write them (M 7.6).

#include "rules/sql/protobuf.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <string>

namespace iotemu::rules::sql {
namespace {

using ::testing::HasSubstr;
namespace pb = google::protobuf;
using Field = pb::FieldDescriptorProto;

void add_field(pb::DescriptorProto& message, const std::string& name, int number, Field::Type type,
               bool repeated = false, const std::string& type_name = {}) {
  auto& field = *message.add_field();
  field.set_name(name);
  field.set_number(number);
  field.set_type(type);
  field.set_label(repeated ? Field::LABEL_REPEATED : Field::LABEL_OPTIONAL);
  if (!type_name.empty()) field.set_type_name(type_name);
}

/// plant/machine.proto, package plant: Machine{string name = 1; int64 serial_number = 2; repeated double
/// readings = 3; Part part = 4; bytes raw = 5}, Machine.Part{bool is_new = 1}.
std::string descriptor_set() {
  pb::FileDescriptorSet set;
  auto& file = *set.add_file();
  file.set_name("plant/machine.proto");
  file.set_package("plant");
  file.set_syntax("proto3");
  auto& machine = *file.add_message_type();
  machine.set_name("Machine");
  add_field(machine, "name", 1, Field::TYPE_STRING);
  add_field(machine, "serial_number", 2, Field::TYPE_INT64);
  add_field(machine, "readings", 3, Field::TYPE_DOUBLE, true);
  add_field(machine, "part", 4, Field::TYPE_MESSAGE, false, ".plant.Machine.Part");
  add_field(machine, "raw", 5, Field::TYPE_BYTES);
  auto& part = *machine.add_nested_type();
  part.set_name("Part");
  add_field(part, "is_new", 1, Field::TYPE_BOOL);
  return set.SerializeAsString();
}

// name = "lathe", serial_number = 7, part = {is_new: true}
const std::string kMachine{"\x0a\x05lathe\x10\x07\x22\x02\x08\x01"};

TEST(Protobuf, BecomesJsonByItsOwnMapping) {
  const auto schema = ProtobufSchema::read(descriptor_set());
  ASSERT_TRUE(schema.ok()) << schema.error().message;
  const auto json = schema->to_json("machine", "Machine", kMachine);
  ASSERT_TRUE(json.ok()) << json.error().message;
  EXPECT_EQ(*json, R"({"name":"lathe","serialNumber":"7","part":{"isNew":true}})");
}

TEST(Protobuf, FindsFileAndMessageByShortAndByFullNames) {
  const auto schema = ProtobufSchema::read(descriptor_set());
  ASSERT_TRUE(schema.ok());
  for (const auto* file : {"machine", "machine.proto", "plant/machine", "plant/machine.proto"}) {
    EXPECT_TRUE(schema->to_json(file, "plant.Machine", kMachine).ok()) << file;
  }
  const auto part = schema->to_json("machine", "Machine.Part", "\x08\x01");
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(*part, R"({"isNew":true})");
  EXPECT_THAT(schema->to_json("achine", "Machine", "").error().message, HasSubstr("no file 'achine'"));
  EXPECT_THAT(schema->to_json("machine", "Lathe", "").error().message, HasSubstr("no message 'Lathe'"));
}

TEST(Protobuf, LeavesOutFieldsWithoutAValueAndKnowsAnEmptyMessage) {
  const auto schema = ProtobufSchema::read(descriptor_set());
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(*schema->to_json("machine", "Machine", ""), "{}");
}

TEST(Protobuf, RefusesBytesThatAreNotThatMessage) {
  const auto schema = ProtobufSchema::read(descriptor_set());
  ASSERT_TRUE(schema.ok());
  EXPECT_THAT(schema->to_json("machine", "Machine", "\x0a\x7f").error().message,
              HasSubstr("are not a 'plant.Machine'"));
  std::string nested;
  for (int i = 0; i < 200; ++i)
    nested = "\x22" + std::string(1, static_cast<char>(nested.size() % 120)) + nested;
  (void)schema->to_json("machine", "Machine", nested);
}

TEST(Protobuf, RefusesDescriptorSetsThatAreNone) {
  EXPECT_THAT(ProtobufSchema::read("").error().message, HasSubstr("is not a file descriptor set"));
  EXPECT_THAT(ProtobufSchema::read("syntax = \"proto3\";").error().message,
              HasSubstr("is not a file descriptor set"));
  pb::FileDescriptorSet set;
  auto& file = *set.add_file();
  file.set_name("a.proto");
  file.add_dependency("missing.proto");
  EXPECT_THAT(ProtobufSchema::read(set.SerializeAsString()).error().message, HasSubstr("missing.proto"));
  *set.add_file() = file;
  EXPECT_THAT(ProtobufSchema::read(set.SerializeAsString()).error().message, HasSubstr("'a.proto' twice"));
}

TEST(Protobuf, KeepsTheBoundsOfAws) {
  EXPECT_THAT(
      ProtobufSchema::read(std::string(ProtobufSchema::kMostDescriptorBytes + 1, 'x')).error().message,
      HasSubstr("more than 32768"));
  const auto schema = ProtobufSchema::read(descriptor_set());
  ASSERT_TRUE(schema.ok());
  EXPECT_THAT(schema->to_json("machine", "Machine", std::string(ProtobufSchema::kMostPayloadBytes + 1, 'x'))
                  .error()
                  .message,
              HasSubstr("more than 131072"));
  // 10,000 doubles of 8 bytes are more than 128 KiB of JSON.
  pb::DescriptorProto unused;
  std::string readings;
  const double value = 0.1234567890123456;
  for (int i = 0; i < 10'000; ++i) readings.append(reinterpret_cast<const char*>(&value), sizeof value);
  const std::string packed = std::string{"\x1a\x80\xf1\x04"} + readings;
  EXPECT_THAT(schema->to_json("machine", "Machine", packed).error().message, HasSubstr("bytes of JSON"));
}

}  // namespace
}  // namespace iotemu::rules::sql
