#pragma once

// Rules SQL (M section 7): a text is compiled once to an immutable statement, which is then evaluated for
// each message. Pure but for the FunctionHost. Statements and templates may be shared between threads; an
// Evaluation belongs to one.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/message.h"
#include "rules/ports.h"

namespace iotemu::rules::sql {

enum class Version { v2015_10_08, v2016_03_23, beta };
/// "2015-10-08", …
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);
[[nodiscard]] std::string_view text_of(Version version);

class Evaluation;

class Statement {
 public:
  /// Errc::sql_parse with the line, the column and what was expected there.
  static Result<Statement> compile(std::string_view text, Version version);
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  /// The topic filter of FROM; empty if there is none (Basic Ingest only).
  [[nodiscard]] const std::string& filter() const;
  [[nodiscard]] Version version() const;
  /// Calls functions of the FunctionHost: its evaluation may wait.
  [[nodiscard]] bool may_wait() const;

 private:
  friend class Evaluation;
  friend class Template;
  struct Impl;
  explicit Statement(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

/// What SELECT made.
struct Selected {
  std::string payload{};  ///< JSON text, or the bytes as they came (RU-25).
  bool is_json{true};
};

/// One statement, one message: what WHERE and SELECT say of it, and then the templates of the actions, which
/// see the same payload, variables and instant.
class Evaluation {
 public:
  /// Everything outlives the evaluation. `host` may be null where neither statement nor templates need it.
  Evaluation(const Statement& statement, const Message& message, const Surroundings& surroundings,
             Random& random, FunctionHost* host);
  ~Evaluation();
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  /// Nothing: WHERE says no (RU-11). An error ends the rule without its actions (RU-28): a function that
  /// failed, or Errc::limit_exceeded: more than 100,000 steps, 16 MiB of memory or 128 KiB of result. Called
  /// at most once.
  Result<std::optional<Selected>> run();
  /// Why functions were Undefined that look as if they worked, by now; templates included. For the log.
  [[nodiscard]] const std::vector<std::string>& notes() const;
  /// What it holds of the heap by now.
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class Template;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A string of an action with `${expression}` in it (RU-27).
class Template {
 public:
  /// `statement` tells the version and the variables; it need not outlive the template. Errc::sql_parse with
  /// the place in `text`.
  static Result<Template> compile(std::string_view text, const Statement& statement);
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  [[nodiscard]] bool may_wait() const;
  /// Undefined is the empty string. `evaluation` is of the statement that the template was compiled for; it
  /// needs no run(). An error is that of this template alone; after a run() that failed, every template
  /// fails.
  Result<std::string> text(Evaluation& evaluation) const;

 private:
  struct Impl;
  explicit Template(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace iotemu::rules::sql
