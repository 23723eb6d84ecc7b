// Figures over the fleet (FI-4).

#include <algorithm>
#include <cmath>

#include "emulator/api/members.h"
#include "registry/index/aggregate.h"

namespace iotemu::api {
namespace {

namespace index = registry::index;

constexpr std::int64_t kDefaultBuckets = 10;
constexpr std::size_t kMostPercents = 100;

/// The values that a query's documents have in one field, and the type of the field.
struct Values {
  std::vector<std::string> texts{};
  std::string type{};
  std::int64_t matches{};
};

Result<Values> values_of(const Call& call) {
  const std::string index_name = call.has("indexName") ? call.str("indexName") : std::string{index::kThings};
  const std::string field =
      call.has("aggregationField") ? call.str("aggregationField") : std::string{"registry.version"};
  const auto query = query_of(call, index_name);
  if (!query) return query.error();
  auto type = call.registry.index().type_of(index_name, field);
  if (!type) return type.error();
  Values values{.type = std::move(*type)};
  values.matches = call.registry.index().visit(**query, index_name, [&](const index::Document& document) {
    for (auto& text : document.values(field)) values.texts.push_back(std::move(text));
  });
  return values;
}

Result<Json> get_statistics(Call& call) {
  const auto values = values_of(call);
  if (!values) return values.error();
  if (values->type == "String") return Json{{"statistics", {{"count", values->texts.size()}}}};
  const auto figures = index::statistics(index::numbers_of(values->texts));
  Json json{{"count", figures.count}};
  const auto put_finite = [&](const char* name, double figure) {
    // JSON has no number for what is too great to be one.
    if (figures.count > 0 && std::isfinite(figure)) json[name] = figure;
  };
  put_finite("average", figures.average);
  put_finite("sum", figures.sum);
  put_finite("minimum", figures.minimum);
  put_finite("maximum", figures.maximum);
  put_finite("sumOfSquares", figures.sum_of_squares);
  put_finite("variance", figures.variance);
  put_finite("stdDeviation", figures.standard_deviation);
  return Json{{"statistics", std::move(json)}};
}

Result<Json> get_cardinality(Call& call) {
  auto values = values_of(call);
  if (!values) return values.error();
  return Json{{"cardinality", index::cardinality(std::move(values->texts))}};
}

Result<Json> get_percentiles(Call& call) {
  const auto values = values_of(call);
  if (!values) return values.error();
  if (values->type == "String") {
    return Error{Errc::invalid_aggregation, "Percentiles need a field of type Number or Boolean, not String"};
  }
  std::vector<double> percents{1, 5, 25, 50, 75, 95, 99};
  if (const auto given = call.input.find("percents"); given != call.input.end()) {
    percents = given->get<std::vector<double>>();
  }
  auto numbers = index::numbers_of(values->texts);
  std::sort(numbers.begin(), numbers.end());
  auto list = Json::array();
  for (const double percent : percents) {
    if (numbers.empty()) break;
    list.push_back({{"percent", percent}, {"value", index::percentile(numbers, percent)}});
  }
  return Json{{"percentiles", std::move(list)}};
}

Result<Json> get_buckets_aggregation(Call& call) {
  const auto& type = call.input.at("bucketsAggregationType");
  const auto terms = type.find("termsAggregation");
  if (terms == type.end()) {
    return Error{Errc::invalid_aggregation, "bucketsAggregationType must name termsAggregation"};
  }
  const auto values = values_of(call);
  if (!values) return values.error();
  auto list = Json::array();
  const auto most = static_cast<std::size_t>(terms->value("maxBuckets", kDefaultBuckets));
  for (const auto& bucket : index::buckets(values->texts, most)) {
    list.push_back({{"keyValue", bucket.value}, {"count", bucket.count}});
  }
  return Json{{"totalCount", values->matches}, {"buckets", std::move(list)}};
}

std::vector<Member> with_query(std::vector<Member> members) {
  members.push_back(index_name(body("indexName")));
  members.push_back(query_string().required());
  members.push_back(body("queryVersion"));
  return members;
}

Member field() {
  return body("aggregationField").length(1, std::numeric_limits<std::size_t>::max());
}

}  // namespace

const OperationTable& fleet_aggregation_operations() {
  static const std::vector<Errc> errors{Errc::index_not_ready, Errc::invalid_aggregation, Errc::invalid_query,
                                        Errc::not_found};
  static const OperationTable table{
      {.name = "GetStatistics",
       .verb = Verb::post,
       .path = "/indices/statistics",
       .input = with_query({field()}),
       .output = {"statistics"},
       .errors = errors,
       .run = get_statistics,
       .blocking = true},  // reads every thing, as all of them do
      {.name = "GetCardinality",
       .verb = Verb::post,
       .path = "/indices/cardinality",
       .input = with_query({field()}),
       .output = {"cardinality"},
       .errors = errors,
       .run = get_cardinality,
       .blocking = true},
      {.name = "GetPercentiles",
       .verb = Verb::post,
       .path = "/indices/percentiles",
       .input = with_query(
           {field(), body("percents").list_of(body("member").number(0, 100)).length(0, kMostPercents)}),
       .output = {"percentiles"},
       .errors = errors,
       .run = get_percentiles,
       .blocking = true},
      {.name = "GetBucketsAggregation",
       .verb = Verb::post,
       .path = "/indices/buckets",
       .input = with_query(
           {field().required(),
            body("bucketsAggregationType")
                .required()
                .structure({body("termsAggregation").structure({body("maxBuckets").integer(1, 10'000)})})}),
       .output = {"totalCount", "buckets"},
       .errors = errors,
       .run = get_buckets_aggregation,
       .blocking = true},
  };
  return table;
}

}  // namespace iotemu::api
