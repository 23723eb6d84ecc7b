// encode and decode: base64, and protobuf whose schema the FunctionHost fetches.

#include <array>
#include <memory>
#include <mutex>

#include "base/base64.h"
#include "base/utf8.h"
#include "rules/sql/arguments.h"
#include "rules/sql/protobuf.h"

namespace iotemu::rules::sql {
namespace {

constexpr std::string_view kBase64 = "base64";
constexpr std::string_view kProto = "proto";
constexpr std::size_t kBytesPerStep = 128;

Value encode(FunctionCall& call) {
  const auto scheme = string_argument(call, 1);
  if (!scheme || *scheme != kBase64) return {};
  const auto bytes = call.is_star(0) ? std::optional{call.message().payload} : text_argument(call, 0);
  if (!bytes || !call.charge(bytes->size() / kBytesPerStep)) return {};
  return call.text(to_base64(*bytes));
}

/// Padding may be left out, as Java's decoder lets it.
std::optional<std::string> decoded_base64(std::string_view text) {
  if (text.size() % 4 < 2) return from_base64(text);
  std::string whole{text};
  whole.append(4 - text.size() % 4, '=');
  return from_base64(whole);
}

/// JSON as the value it is, any other text as String. Null: bytes that are no text.
Value value_of(FunctionCall& call, std::string_view bytes) {
  const auto text = call.arena().copy(bytes);
  if (const auto value = read_json(text, call.version(), call.arena())) return *value;
  return is_utf8(text) ? Value::string(text) : Value::null();
}

/// The schema that was used last. Protobuf needs milliseconds to read one; its bytes tell whether it still is
/// the same. Shared by all threads that evaluate the statement.
class PreparedSchema final : public Prepared {
 public:
  Result<std::shared_ptr<const ProtobufSchema>> schema(std::string_view bytes) const {
    {
      const std::lock_guard lock{mutex_};
      if (schema_ && bytes_ == bytes) return schema_;
    }
    auto read = ProtobufSchema::read(bytes);
    if (!read) return read.error();
    auto shared = std::make_shared<const ProtobufSchema>(std::move(*read));
    const std::lock_guard lock{mutex_};
    bytes_ = bytes;
    schema_ = shared;
    return shared;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::string bytes_{};
  mutable std::shared_ptr<const ProtobufSchema> schema_{};
};

bool is_proto(const Value& scheme) {
  return scheme.is_string() && scheme.string() == kProto;
}

/// The scheme is a literal; while it is not known to be one, it may be either.
bool may_be_proto(const ConstantArguments& arguments) {
  const Value* const scheme = arguments.at(1);
  return scheme == nullptr || is_proto(*scheme);
}

std::shared_ptr<const Prepared> prepare(const ConstantArguments& arguments) {
  const Value* const scheme = arguments.at(1);
  return scheme != nullptr && is_proto(*scheme) ? std::make_shared<PreparedSchema>() : nullptr;
}

/// At most twice a statement and never in a template: the parser sees to that.
Value decode_proto(FunctionCall& call) {
  constexpr std::size_t kArguments = 6;
  // A scheme that is worked out from the message does not fetch files.
  const auto* const prepared = call.prepared<PreparedSchema>();
  if (call.count() != kArguments || prepared == nullptr) return {};
  std::string bytes;
  if (call.is_star(0)) {
    bytes = call.message().payload;
  } else {
    const auto text = string_argument(call, 0);
    if (!text) return {};
    auto decoded = decoded_base64(*text);
    if (!decoded) return Value::null();
    bytes = std::move(*decoded);
  }
  const auto bucket = string_argument(call, 2);
  const auto key = string_argument(call, 3);
  const auto file = string_argument(call, 4);
  const auto message = string_argument(call, 5);
  if (!bucket || !key || !file || !message) return {};
  if (call.host() == nullptr) return call.fail("no file descriptor set can be fetched here");
  const auto descriptor = call.host()->descriptor_file(*bucket, *key);
  if (!descriptor) return call.fail(descriptor.error().message);
  if (!call.charge((bytes.size() + descriptor->size()) / kBytesPerStep)) return {};

  const auto schema = prepared->schema(*descriptor);
  if (!schema) return call.fail(schema.error().message);
  const auto json = (*schema)->to_json(*file, *message, bytes);
  if (!json) return call.fail(json.error().message);
  const auto value = read_json(call.arena().copy(*json), call.version(), call.arena());
  return value ? *value
               : call.fail("the decoded message is not valid JSON: text that is not UTF-8, or too deep");
}

Value decode(FunctionCall& call) {
  if (is_proto(call.argument(1))) return decode_proto(call);
  const auto scheme = string_argument(call, 1);
  if (!scheme || *scheme != kBase64 || call.count() != 2 || call.is_star(0)) return {};
  const auto text = text_argument(call, 0);
  if (!text || !call.charge(text->size() / kBytesPerStep)) return {};
  const auto bytes = decoded_base64(*text);
  return bytes ? value_of(call, *bytes) : Value::null();
}

constexpr std::array<Function, 2> kFunctions{{
    {.name = "decode",
     .since = 2,
     .least = 2,
     .most = 6,
     .takes_star = true,
     .pure = false,
     .run = decode,
     .prepare = prepare,
     .waits_with = may_be_proto},
    {.name = "encode", .since = 2, .least = 2, .most = 2, .takes_star = true, .run = encode},
}};

}  // namespace

std::span<const Function> encoding_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
