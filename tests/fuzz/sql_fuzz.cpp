// Rules SQL from strangers: any text is either refused with its place, or evaluates any payload within its
// bounds, the same way every time. Before the first NUL stands the SQL, or behind "T" a substitution
// template; behind it the payload.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/seeded_random.h"
#include "rules/sql/statement.h"

namespace {

using namespace iotemu;
using namespace iotemu::rules;
using namespace iotemu::rules::sql;

constexpr std::string_view kPayload = R"({"a":1,"b":{"c":[1,2,{"d":"x"}]}})";
constexpr std::size_t kMostBytes = 128 * std::size_t{1024};

void require(bool holds) {
  if (!holds) std::abort();
}

void require_place(const Error& error) {
  require(error.code == Errc::sql_parse);
  require(error.message.starts_with("Line ") || error.message.starts_with("The "));
}

/// The result, the text of the template or what is wrong, behind a letter that tells which.
std::string evaluated(const Statement& statement, std::string_view payload, const Template* substitution) {
  SeededRandom random{7};
  const Message message{.topic = "a/b/c", .payload = payload, .client_id = "c"};
  const Surroundings surroundings{
      .account = "123456789012", .region = "us-east-1", .now_ms = 1'577'836'800'000};
  Evaluation evaluation{statement, message, surroundings, random, nullptr};
  if (substitution != nullptr) {
    const auto text = substitution->text(evaluation);
    if (!text) return "!" + text.error().message;
    require(text->size() <= kMostBytes);
    return "T" + *text;
  }
  const auto result = evaluation.run();
  if (!result) return "!" + result.error().message;
  if (!*result) return "-";
  const Selected& selected = **result;
  require(selected.payload.size() <= kMostBytes || selected.payload == payload);
  require(!selected.is_json || !selected.payload.empty());
  return (selected.is_json ? "J" : "B") + selected.payload;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::size_t nul = text.find('\0');
  const std::string_view payload = nul == text.npos ? kPayload : text.substr(nul + 1);
  text = text.substr(0, nul);
  for (const auto version : {Version::v2015_10_08, Version::v2016_03_23}) {
    if (text.starts_with('T')) {
      const auto statement = Statement::compile("SET @v = a SELECT * FROM 'a/#'", version);
      const auto substitution = Template::compile(text.substr(1), *statement);
      if (!substitution) {
        require_place(substitution.error());
        continue;
      }
      require(evaluated(*statement, payload, &*substitution) ==
              evaluated(*statement, payload, &*substitution));
      continue;
    }
    const auto statement = Statement::compile(text, version);
    if (!statement) {
      require_place(statement.error());
      continue;
    }
    require(evaluated(*statement, payload, nullptr) == evaluated(*statement, payload, nullptr));
  }
  return 0;
}
