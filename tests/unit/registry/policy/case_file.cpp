#include "tests/unit/registry/policy/case_file.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

#include "base/json.h"
#include "base/realm.h"

namespace iotemu::registry::policy::testing {
namespace {

/// The first word of `text` and what follows it.
std::pair<std::string, std::string> first_word(const std::string& text) {
  const auto end = text.find(' ');
  if (end == text.npos) return {text, ""};
  const auto rest = text.find_first_not_of(' ', end);
  return {text.substr(0, end), rest == text.npos ? "" : text.substr(rest)};
}

std::pair<std::string, std::string> key_value(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos) throw std::invalid_argument{"no '=' in " + text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string resource_arn(const std::string& text) {
  return text == "*" || text.starts_with("arn:") ? text : iot_arn(Realm{}, text);
}

class CaseReader {
 public:
  CaseFile read(const std::filesystem::path& file) {
    std::ifstream in{file};
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      try {
        read_line(line, number);
      } catch (const std::exception& error) {
        out_.mistakes.push_back("line " + std::to_string(number) + ": " + error.what());
      }
    }
    if (!statements_.empty()) {
      out_.policies.push_back(Json{{"Version", "2012-10-17"}, {"Statement", statements_}}.dump());
    }
    out_.context.certificate = std::make_shared<const CertificateVariables>(certificate_);
    return std::move(out_);
  }

 private:
  void read_line(const std::string& line, int number) {
    if (line.empty()) return;
    if (line.front() == '#') {
      if (out_.title.empty()) out_.title = line.substr(2);
      return;
    }
    const auto [word, rest] = first_word(line);
    const auto handler = handlers().find(word);
    if (handler == handlers().end()) throw std::invalid_argument{"unknown word " + word};
    line_ = number;
    handler->second(*this, rest);
  }

  using Handler = std::function<void(CaseReader&, const std::string&)>;
  static const std::map<std::string, Handler>& handlers() {
    static const std::map<std::string, Handler> table{
        {"source", [](auto& self, auto& rest) { self.out_.source = rest; }},
        {"policy", [](auto& self, auto& rest) { self.out_.policies.push_back(rest); }},
        {"allow", [](auto& self, auto& rest) { self.add_statement("Allow", rest); }},
        {"deny", [](auto& self, auto& rest) { self.add_statement("Deny", rest); }},
        {"client", [](auto& self, auto& rest) { self.out_.context.client_id = rest; }},
        {"ip", [](auto& self, auto& rest) { self.out_.context.source_ip = rest; }},
        {"domain", [](auto& self, auto& rest) { self.out_.context.domain_name = rest; }},
        {"vpce", [](auto& self, auto& rest) { self.out_.context.source_vpce = rest; }},
        {"certificate", [](auto& self, auto& rest) { self.out_.context.certificate_id = rest; }},
        {"serial", [](auto& self, auto& rest) { self.certificate_.set_serial_number(rest); }},
        {"subject",
         [](auto& self, auto& rest) { self.certificate_.add_subject(std::vector{key_value(rest)}); }},
        {"issuer",
         [](auto& self, auto& rest) { self.certificate_.add_issuer(std::vector{key_value(rest)}); }},
        {"san", [](auto& self, auto& rest) { self.add_alternative_name(rest); }},
        {"thing", [](auto& self, auto& rest) { self.set_thing(rest); }},
        {"attached", [](auto& self, auto& rest) { self.out_.context.is_attached = rest == "true"; }},
        {"connect", [](auto& self, auto& rest) { self.add_connect_fact(rest); }},
        {"allowed", [](auto& self, auto& rest) { self.add_question(Verdict::allowed, rest); }},
        {"denied", [](auto& self, auto& rest) { self.add_question(Verdict::implicit_deny, rest); }},
        {"forbidden", [](auto& self, auto& rest) { self.add_question(Verdict::explicit_deny, rest); }},
        {"says",
         [](auto& self, auto& rest) {
           self.out_.questions.at(self.out_.questions.size() - 1).says.push_back(rest);
         }},
        {"malformed", [](auto& self, auto& rest) { self.out_.malformed.push_back(rest); }},
        {"accepted", [](auto& self, auto&) { self.out_.accepted = true; }},
    };
    return table;
  }

  void add_statement(const char* effect, const std::string& text) {
    const auto [actions, rest] = first_word(text);
    const auto when = rest.find(" when ");
    Json statement{
        {"Effect", effect}, {"Action", Json::array()}, {"Resource", resource_arn(rest.substr(0, when))}};
    for (std::size_t begin = 0; begin <= actions.size();) {
      const auto end = std::min(actions.find(',', begin), actions.size());
      statement["Action"].push_back(actions.substr(begin, end - begin));
      begin = end + 1;
    }
    if (when != rest.npos) statement["Condition"] = Json::parse(rest.substr(when + 6));
    statements_.push_back(std::move(statement));
  }

  void add_alternative_name(const std::string& text) {
    static const std::map<std::string, AlternativeName> kinds{
        {"email", AlternativeName::rfc822_name},
        {"dns", AlternativeName::dns_name},
        {"directory", AlternativeName::directory_name},
        {"uri", AlternativeName::uniform_resource_identifier},
        {"ip", AlternativeName::ip_address}};
    const auto [kind, value] = first_word(text);
    certificate_.add_subject_alternative_names(kinds.at(kind), std::vector{value});
  }

  void set_thing(const std::string& text) {
    auto [name, rest] = first_word(text);
    AssociatedThing thing{.name = name};
    while (!rest.empty()) {
      const auto [pair, more] = first_word(rest);
      const auto [key, value] = key_value(pair);
      if (key == "type") {
        thing.type = value;
      } else {
        thing.attributes[key] = value;
      }
      rest = more;
    }
    out_.context.thing = std::make_shared<const AssociatedThing>(std::move(thing));
    out_.context.is_attached = true;
  }

  void add_connect_fact(const std::string& text) {
    const auto [kind, topic] = first_word(text);
    if (kind == "persistent") {
      out_.context.persistent_connect = true;
    } else if (kind == "will") {
      out_.context.last_will_topic = iot_arn(Realm{}, "topic/" + topic);
    } else {
      throw std::invalid_argument{"connect is persistent or will"};
    }
  }

  void add_question(Verdict expected, const std::string& text) {
    const auto [action, resource] = first_word(text);
    out_.questions.push_back({.line = line_,
                              .action = action_named(action),
                              .resource = resource_arn(resource),
                              .expected = expected});
  }

  CaseFile out_{};
  CertificateVariables certificate_{};
  Json statements_ = Json::array();
  int line_{};
};

}  // namespace

Action action_named(std::string_view wanted) {
  for (std::size_t i = 0; i < kActionCount; ++i) {
    if (name(static_cast<Action>(i)) == wanted) return static_cast<Action>(i);
  }
  throw std::invalid_argument{"no action " + std::string{wanted}};
}

CaseFile read_case(const std::filesystem::path& file) {
  return CaseReader{}.read(file);
}

}  // namespace iotemu::registry::policy::testing
