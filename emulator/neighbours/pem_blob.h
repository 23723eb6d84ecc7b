#pragma once

// PEM text that travels as a blob, as the AWS CLI's versions send it (P9.1).

#include <string>
#include <string_view>

namespace iotemu::neighbours {

/// The text behind a blob: Base64 of PEM. Two conveniences: Base64 of Base64 of PEM is decoded twice, and the
/// PEM that the AWS CLI 2 takes for Base64 when it is given by file:// in place of fileb:// is put together
/// again. What is no PEM in any of these ways comes back as it is, for the parser to refuse.
[[nodiscard]] std::string pem_of_blob(std::string_view blob);

}  // namespace iotemu::neighbours
