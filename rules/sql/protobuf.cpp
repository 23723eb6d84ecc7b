#include "rules/sql/protobuf.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include <utility>
#include <vector>

namespace iotemu::rules::sql {
namespace {

namespace pb = google::protobuf;

/// Protobuf writes what it finds wrong to stderr unless somebody takes it.
class Errors final : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const pb::Message*, ErrorLocation,
                const std::string& message) override {
    if (first_.empty()) first_ = file + ": " + element + ": " + message;
  }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::string first_{};
};

Error refused(std::string message) {
  return {
      .code = Errc::invalid_request, .message = std::move(message), .resource_id = {}, .resource_arn = {}};
}

constexpr std::string_view kEnding = ".proto";

bool is_file(std::string_view full, std::string_view wanted) {
  const auto without = [](std::string_view name) {
    return name.ends_with(kEnding) ? name.substr(0, name.size() - kEnding.size()) : name;
  };
  full = without(full);
  wanted = without(wanted);
  if (!full.ends_with(wanted)) return false;
  full.remove_suffix(wanted.size());
  return full.empty() || full.ends_with('/');
}

bool parse(pb::MessageLite& message, std::string_view bytes) {
  const pb::LogSilencer no_words_on_stderr;
  return message.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         message.IsInitialized();
}

}  // namespace

struct ProtobufSchema::Impl {
  pb::SimpleDescriptorDatabase database{};
  Errors errors{};
  pb::DescriptorPool pool{&database, &errors};
  std::vector<const pb::FileDescriptor*> files{};
};

ProtobufSchema::ProtobufSchema(std::unique_ptr<const Impl> impl) : impl_{std::move(impl)} {}
ProtobufSchema::ProtobufSchema(ProtobufSchema&&) noexcept = default;
ProtobufSchema& ProtobufSchema::operator=(ProtobufSchema&&) noexcept = default;
ProtobufSchema::~ProtobufSchema() = default;

Result<ProtobufSchema> ProtobufSchema::read(std::string_view descriptor_set) {
  if (descriptor_set.size() > kMostDescriptorBytes) {
    return refused("the file descriptor set has " + std::to_string(descriptor_set.size()) +
                   " bytes, more than " + std::to_string(kMostDescriptorBytes));
  }
  pb::FileDescriptorSet set;
  if (!parse(set, descriptor_set) || set.file_size() == 0) {
    return refused(
        "the file is not a file descriptor set, as protoc --include_imports --descriptor_set_out writes it");
  }
  auto impl = std::make_unique<Impl>();
  for (const auto& file : set.file()) {
    pb::FileDescriptorProto known;
    if (impl->database.FindFileByName(file.name(), &known)) {
      return refused("the file descriptor set holds '" + file.name() + "' twice");
    }
    if (!impl->database.Add(file)) {
      return refused("the file descriptor set names something in '" + file.name() + "' twice");
    }
  }
  for (const auto& file : set.file()) {
    const auto* const descriptor = impl->pool.FindFileByName(file.name());
    if (descriptor == nullptr) {
      return refused("the file descriptor set is not complete or not valid: " + impl->errors.first());
    }
    impl->files.push_back(descriptor);
  }
  return ProtobufSchema{std::move(impl)};
}

Result<std::string> ProtobufSchema::to_json(std::string_view file, std::string_view message,
                                            std::string_view bytes) const {
  if (bytes.size() > kMostPayloadBytes) {
    return refused("the encoded message has " + std::to_string(bytes.size()) + " bytes, more than " +
                   std::to_string(kMostPayloadBytes));
  }
  const pb::Descriptor* type = nullptr;
  bool has_file = false;
  for (const auto* const descriptor : impl_->files) {
    if (!is_file(descriptor->name(), file)) continue;
    has_file = true;
    const auto& package = descriptor->package();
    const std::string name{message};
    type = package.empty() ? nullptr : impl_->pool.FindMessageTypeByName(package + '.' + name);
    if (type == nullptr || type->file() != descriptor) type = impl_->pool.FindMessageTypeByName(name);
    if (type != nullptr && type->file() == descriptor) break;
    type = nullptr;
  }
  if (!has_file) return refused("the file descriptor set has no file '" + std::string{file} + "'");
  if (type == nullptr) {
    return refused("'" + std::string{file} + "' has no message '" + std::string{message} + "'");
  }
  pb::DynamicMessageFactory factory{&impl_->pool};
  const std::unique_ptr<pb::Message> decoded{factory.GetPrototype(type)->New()};
  if (!parse(*decoded, bytes)) return refused("the bytes are not a '" + type->full_name() + "'");
  std::string json;
  if (const auto done = pb::util::MessageToJsonString(*decoded, &json); !done.ok()) {
    return refused("the '" + type->full_name() + "' has no form in JSON: " + std::string{done.message()});
  }
  if (json.size() > kMostPayloadBytes) {
    return refused("the decoded message has " + std::to_string(json.size()) + " bytes of JSON, more than " +
                   std::to_string(kMostPayloadBytes));
  }
  return json;
}

}  // namespace iotemu::rules::sql
