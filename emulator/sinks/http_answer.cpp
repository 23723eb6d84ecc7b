#include "emulator/sinks/http_answer.h"

#include <utility>

namespace iotemu::sinks {

Result<HttpAnswer> answer_of(http::Outcome outcome) {
  using http::Ending;
  auto& answer = outcome.answer;
  switch (outcome.ending) {
    case Ending::too_long:
      if (answer.status == 0) break;
      [[fallthrough]];
    case Ending::answered:
      return HttpAnswer{.status = answer.status,
                        .headers = std::move(answer.headers),
                        .body = std::move(answer.body),
                        .too_long = outcome.ending == Ending::too_long};
    case Ending::no_room:
      return Error{Errc::throttled, std::move(outcome.why)};
    case Ending::unsendable:
      return Error{Errc::invalid_request, std::move(outcome.why)};
    case Ending::cancelled:
      return Error{Errc::unavailable, std::move(outcome.why)};
    case Ending::unreachable:
    case Ending::timed_out:
    case Ending::garbled:
      break;
  }
  return Error{Errc::io, std::move(outcome.why)};
}

}  // namespace iotemu::sinks
