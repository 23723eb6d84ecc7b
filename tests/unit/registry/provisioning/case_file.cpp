#include "tests/unit/registry/provisioning/case_file.h"

#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace iotemu::registry::provisioning::testing {
namespace {

class CaseReader {
 public:
  CaseFile read(const std::filesystem::path& file) {
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) {
      ++number_;
      if (line.empty()) continue;
      if (line.front() == ' ') {
        text_ += (text_.empty() ? "" : "\n") + line.substr(std::min<std::size_t>(2, line.size()));
        continue;
      }
      finish();
      if (line.front() == '#') {
        if (out_.title.empty() && line.size() > 2) out_.title = line.substr(2);
        continue;
      }
      const auto end = line.find(' ');
      word_ = line.substr(0, end);
      const auto rest = end == line.npos ? end : line.find_first_not_of(' ', end);
      text_ = rest == line.npos ? "" : line.substr(rest);
    }
    finish();
    if (length_ > out_.body.size()) out_.body.append(length_ - out_.body.size(), ' ');
    return std::move(out_);
  }

 private:
  /// Hands the word and all of its lines over.
  void finish() {
    if (word_.empty()) return;
    try {
      const auto handler = handlers().find(word_);
      if (handler == handlers().end()) throw std::invalid_argument{"unknown word " + word_};
      handler->second(*this, text_);
    } catch (const std::exception& error) {
      out_.mistakes.push_back("before line " + std::to_string(number_ + 1) + ": " + error.what());
    }
    word_.clear();
    text_.clear();
  }

  using Handler = std::function<void(CaseReader&, const std::string&)>;
  static const std::map<std::string, Handler>& handlers() {
    static const std::map<std::string, Handler> table{
        {"source", [](auto& self, auto& text) { self.out_.source = text; }},
        {"template", [](auto& self, auto& text) { self.set_body(text); }},
        {"length", [](auto& self, auto& text) { self.length_ = std::stoul(text); }},
        {"parameters", [](auto& self, auto& text) { self.add_parameters(text); }},
        {"filled", [](auto& self, auto& text) { self.add_filled(text); }},
        {"certificate", [](auto& self, auto& text) { self.set_certificate(text); }},
        {"wants", [](auto& self, auto& text) { self.set_wants(text); }},
        {"plan", [](auto& self, auto& text) { self.set_plan(text); }},
        {"refused", [](auto& self, auto& text) { self.set_refusal(true, Errc::invalid_request, text); }},
        {"fails", [](auto& self, auto& text) { self.set_refusal(false, Errc::invalid_request, text); }},
        {"impossible",
         [](auto& self, auto& text) { self.set_refusal(false, Errc::resource_registration_failure, text); }},
    };
    return table;
  }

  void set_body(const std::string& text) {
    if (std::exchange(out_.has_body, true)) throw std::invalid_argument{"a second template"};
    out_.body = text;
  }

  void add_parameters(const std::string& text) {
    const Json parameters = Json::parse(text);
    for (const auto& [name, value] : parameters.items()) {
      out_.supplied.parameters.emplace(name, value.get<std::string>());
    }
  }

  void add_filled(const std::string& text) {
    std::istringstream in{text};
    std::string name;
    std::string piece;
    std::size_t count = 0;
    if (!(in >> name >> count >> piece)) throw std::invalid_argument{"filled NAME COUNT TEXT"};
    std::string value;
    for (std::size_t i = 0; i < count; ++i) value += piece;
    out_.supplied.parameters.emplace(name, value);
  }

  void set_certificate(const std::string& text) {
    if (text != "documented" && text != "on_ref") throw std::invalid_argument{"documented or on_ref"};
    out_.supplied.from_certificate = true;
    out_.supplied.missing =
        text == "on_ref" ? MissingParameter::fails_when_referenced : MissingParameter::fails_when_declared;
  }

  void set_wants(const std::string& text) {
    if (text != "DeviceConfiguration") throw std::invalid_argument{"wants DeviceConfiguration"};
    out_.supplied.wants_device_configuration = true;
  }

  void expect_once() const {
    if (out_.plan || out_.refusal) throw std::invalid_argument{"a second expectation"};
  }

  void set_plan(const std::string& text) {
    expect_once();
    out_.plan = Json::parse(text);
  }

  void set_refusal(bool when_parsing, Errc code, std::string message) {
    expect_once();
    constexpr std::string_view kAndSoOn = "…";
    const bool is_beginning = message.ends_with(kAndSoOn);
    if (is_beginning) message.resize(message.size() - kAndSoOn.size());
    if (message.empty()) throw std::invalid_argument{"a refusal without a message"};
    out_.refusal = Refusal{.when_parsing = when_parsing,
                           .code = code,
                           .message = std::move(message),
                           .is_beginning = is_beginning};
  }

  CaseFile out_{};
  std::string word_{};
  std::string text_{};
  std::size_t length_{0};
  int number_{0};
};

}  // namespace

CaseFile read_case(const std::filesystem::path& file) {
  return CaseReader{}.read(file);
}

}  // namespace iotemu::registry::provisioning::testing
