#pragma once

// Protobuf messages to JSON text for decode(…, 'proto', …) (RU section 7.6). A schema is read from the bytes
// of a FileDescriptorSet (`protoc --include_imports --descriptor_set_out=…`), is immutable then and may be
// shared by threads. Untrusted input on both sides: sizes are bounded, nesting by protobuf's own limit of
// 100.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace iotemu::rules::sql {

class ProtobufSchema {
 public:
  static constexpr std::size_t kMostDescriptorBytes = 32 * std::size_t{1024};
  static constexpr std::size_t kMostPayloadBytes = 128 * std::size_t{1024};

  /// Errc::invalid_request: too large, not a descriptor set, files that do not fit together.
  static Result<ProtobufSchema> read(std::string_view descriptor_set);
  ProtobufSchema(ProtobufSchema&&) noexcept;
  ProtobufSchema& operator=(ProtobufSchema&&) noexcept;
  ~ProtobufSchema();

  /// `file`: the .proto's name, with or without that ending, with or without its folders. `message`: its name
  /// in that file ("Person", "Outer.Inner"), or with the package. JSON as protobuf's own mapping has it:
  /// names in lowerCamelCase, 64-bit numbers as strings, fields without a value left out.
  /// Errc::invalid_request.
  [[nodiscard]] Result<std::string> to_json(std::string_view file, std::string_view message,
                                            std::string_view bytes) const;

 private:
  struct Impl;
  explicit ProtobufSchema(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace iotemu::rules::sql
