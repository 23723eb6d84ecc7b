#include "registry/policy/policy_text.h"

namespace iotemu::registry::policy {

PolicyText PolicyText::parse(std::string_view source, bool with_variables) {
  PolicyText out;
  out.source_ = source;
  for (std::size_t i = 0; i < source.size();) {
    if (with_variables && source.substr(i, 2) == "${") {
      // A `${` that is never closed is plain text.
      if (const auto close = source.find('}', i); close != source.npos) {
        const std::string_view inside = source.substr(i + 2, close - i - 2);
        if (inside == "*" || inside == "?" || inside == "$") {
          out.add_literal(inside);
        } else {
          out.parts_.push_back({.kind = Part::Kind::variable, .text = std::string{inside}});
        }
        i = close + 1;
        continue;
      }
    }
    if (source[i] == '*') {
      out.parts_.push_back({.kind = Part::Kind::any_run});
    } else if (source[i] == '?') {
      out.parts_.push_back({.kind = Part::Kind::any_character});
    } else {
      out.add_literal(source.substr(i, 1));
    }
    ++i;
  }
  return out;
}

void PolicyText::add_literal(std::string_view text) {
  if (parts_.empty() || parts_.back().kind != Part::Kind::literal) {
    parts_.push_back({.kind = Part::Kind::literal});
  }
  parts_.back().text += text;
}

Pattern PolicyText::build(const Context& context, Action action, Unresolved unresolved) const {
  Pattern out;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Part::Kind::literal:
        out.add_literal(part.text);
        break;
      case Part::Kind::any_run:
        out.add_any_run();
        break;
      case Part::Kind::any_character:
        out.add_any_character();
        break;
      case Part::Kind::variable:
        if (const auto value = context.replacement(part.text, action)) {
          out.add_literal(*value);
        } else if (unresolved == Unresolved::any_run) {
          out.add_any_run();
        } else {
          out.add_literal("${" + part.text + "}");
        }
        break;
    }
  }
  return out;
}

Pattern PolicyText::pattern(const Context& context, Action action) const {
  return build(context, action, Unresolved::literal);
}

Pattern PolicyText::pattern_if_resolved(const Context& context, Action action) const {
  return build(context, action, Unresolved::any_run);
}

std::string PolicyText::text(const Context& context, Action action) const {
  return pattern(context, action).text();
}

std::vector<std::string> PolicyText::unresolved(const Context& context, Action action) const {
  std::vector<std::string> out;
  for (const Part& part : parts_) {
    if (part.kind == Part::Kind::variable && !context.replacement(part.text, action)) {
      out.push_back(part.text);
    }
  }
  return out;
}

}  // namespace iotemu::registry::policy
