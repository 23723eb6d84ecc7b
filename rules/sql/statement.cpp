#include "rules/sql/statement.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <utility>
#include <vector>

#include "rules/sql/evaluator.h"
#include "rules/sql/parser.h"

namespace iotemu::rules::sql {
namespace {

/// A rule has 128 KB with everything in it (RU-1).
constexpr std::size_t kMostSqlBytes = 128 * std::size_t{1024};

/// What a result may have beyond the payload before its text is moved.
constexpr std::size_t kRoomForMore = 128;

constexpr std::array<std::pair<std::string_view, Version>, 3> kVersions{{
    {"2015-10-08", Version::v2015_10_08},
    {"2016-03-23", Version::v2016_03_23},
    {"beta", Version::beta},
}};

Error out_of_memory() {
  return {Errc::limit_exceeded,
          "The rule makes more of this message than the emulator has room for: a text of more than 128 KiB, "
          "or 16 "
          "MiB in all"};
}

Error too_large() {
  return {Errc::limit_exceeded, "The result of the rule's SQL has more than 128 KiB"};
}

std::optional<Error> objection(std::string_view text) {
  if (text.size() > kMostSqlBytes) {
    return Error{Errc::sql_parse, "The SQL has " + std::to_string(text.size()) + " bytes, more than 131072"};
  }
  return std::nullopt;
}

Error constants_too_large() {
  return {Errc::sql_parse, "The constants of the SQL make more than there is room for"};
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  for (const auto& [name, version] : kVersions) {
    if (name == text) return version;
  }
  return std::nullopt;
}

std::string_view text_of(Version version) {
  for (const auto& [name, known] : kVersions) {
    if (known == version) return name;
  }
  return {};
}

struct Statement::Impl {
  explicit Impl(std::string_view text) : source{text} {}
  Source source;
  Tree tree{};
  /// Steps that constants may still cost: one budget for the statement and all its templates.
  mutable std::atomic<std::size_t> steps_to_fold{kMostSteps};
};

Statement::Statement(std::unique_ptr<const Impl> impl) : impl_{std::move(impl)} {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

Result<Statement> Statement::compile(std::string_view text, Version version) {
  if (auto error = objection(text)) return *error;
  auto impl = std::make_unique<Impl>(text);
  try {
    auto tree = Parser{impl->source, version}.statement();
    if (!tree) return tree.error();
    impl->tree = std::move(*tree);
    std::size_t budget = impl->steps_to_fold;
    for (Variable& variable : impl->tree.variables) {
      if (auto done = fold(variable.node, version, impl->source, budget); !done) return done.error();
    }
    if (auto done = fold(impl->tree.query, version, impl->source, budget); !done) return done.error();
    impl->steps_to_fold = budget;
  } catch (const std::bad_alloc&) {
    return constants_too_large();
  }
  return Statement{std::move(impl)};
}

const std::string& Statement::filter() const {
  return impl_->tree.filter;
}

Version Statement::version() const {
  return impl_->tree.version;
}

bool Statement::may_wait() const {
  return impl_->tree.may_wait;
}

struct Evaluation::Impl {
  Impl(const Statement& of, const Message& about, const Surroundings& around, Random& random,
       FunctionHost* host)
      : statement{of},
        message{about},
        scene{.version = of.version(),
              .message = message,
              .surroundings = around,
              .random = random,
              .host = host,
              .arena = arena},
        evaluator{scene, of.impl_->tree.variables} {}

  Result<std::optional<Selected>> run() {
    const Query& query = statement.impl_->tree.query;
    if (query.where) {
      const auto truth = boolean_of(evaluator.evaluate(*query.where));
      if (evaluator.failure()) return *evaluator.failure();
      if (!truth || !*truth) return std::optional<Selected>{};
    }
    const Value& all = query.selects_all() ? evaluator.payload() : Value{};
    Selected out;
    if (query.selects_all() && !all.is_object()) {
      out.payload = message.payload;
      out.is_json = !all.is_undefined();
      return std::optional{std::move(out)};
    }
    const Value value = query.selects_all() ? all : evaluator.select(query);
    if (evaluator.failure()) return *evaluator.failure();
    if (value.is_array() && scene.version == Version::v2015_10_08) {
      return Error{
          Errc::invalid_request,
          "SELECT VALUE gives an array, which SQL version 2015-10-08 does not put out; 2016-03-23 does"};
    }
    // JSON has nothing for Undefined: the payload is empty.
    out.is_json = !value.is_undefined();
    // Room for what is most often enough, so that the text is allocated once.
    out.payload.reserve(std::min(message.payload.size() + kRoomForMore, kMostTextBytes));
    if (!write_json(value, out.payload, kMostTextBytes)) return too_large();
    return std::optional{std::move(out)};
  }

  const Statement& statement;
  const Message message;
  ArenaBuffer buffer;
  Arena arena{buffer.bytes};
  const FunctionCall::Scene scene;
  Evaluator evaluator;
};

Evaluation::Evaluation(const Statement& statement, const Message& message, const Surroundings& surroundings,
                       Random& random, FunctionHost* host)
    : impl_{std::make_unique<Impl>(statement, message, surroundings, random, host)} {}

Evaluation::~Evaluation() = default;

Result<std::optional<Selected>> Evaluation::run() {
  try {
    return impl_->run();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

const std::vector<std::string>& Evaluation::notes() const {
  return impl_->evaluator.notes();
}

std::size_t Evaluation::bytes() const {
  return sizeof(Impl) + impl_->arena.taken();
}

struct Template::Impl {
  explicit Impl(std::string_view text) : source{text} {}

  /// Text, and then maybe an expression.
  struct Piece {
    std::string_view text{};
    std::optional<Node> node{};
  };

  Source source;
  std::vector<Piece> pieces{};
  bool may_wait{false};
};

Template::Template(std::unique_ptr<const Impl> impl) : impl_{std::move(impl)} {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::compile(std::string_view text, const Statement& statement) {
  if (auto error = objection(text)) return *error;
  auto impl = std::make_unique<Impl>(text);
  const std::string_view all = impl->source.text;
  const Version version = statement.version();
  try {
    std::size_t budget = statement.impl_->steps_to_fold;
    for (std::size_t at = 0; at < all.size();) {
      std::size_t open = all.find("${", at);
      if (open == all.npos) open = all.size();
      Impl::Piece piece{.text = all.substr(at, open - at)};
      at = open;
      if (open < all.size()) {
        at += 2;
        std::vector<Variable> declared;
        for (const Variable& variable : statement.impl_->tree.variables) {
          declared.push_back({.name = variable.name, .may_wait = variable.may_wait});
        }
        Parser parser{impl->source, version, std::move(declared)};
        auto node = parser.expression_in_braces(at);
        if (!node) return node.error();
        if (auto done = fold(*node, version, impl->source, budget); !done) return done.error();
        impl->may_wait = impl->may_wait || parser.may_wait();
        piece.node = std::move(*node);
      }
      impl->pieces.push_back(std::move(piece));
    }
    statement.impl_->steps_to_fold = budget;
  } catch (const std::bad_alloc&) {
    return constants_too_large();
  }
  return Template{std::move(impl)};
}

bool Template::may_wait() const {
  return impl_->may_wait;
}

Result<std::string> Template::text(Evaluation& evaluation) const {
  std::string out;
  Evaluation::Impl& about = *evaluation.impl_;
  if (about.evaluator.failure()) return *about.evaluator.failure();
  about.evaluator.begin_template();
  try {
    for (const Impl::Piece& piece : impl_->pieces) {
      out += piece.text;
      if (!piece.node) continue;
      const auto text = string_of(about.evaluator.evaluate(*piece.node), about.arena);
      if (auto error = about.evaluator.end_template()) return *error;
      if (text) out += *text;
      if (out.size() > kMostTextBytes) {
        return Error{Errc::limit_exceeded, "A substitution template makes more than 128 KiB"};
      }
    }
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
  return out;
}

}  // namespace iotemu::rules::sql
