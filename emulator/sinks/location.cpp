// The action location: where a device is.

#include "base/iso_time.h"
#include "emulator/http/client/aws_signature.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

Result<Time> sample_time(const Json& timestamp) {
  const auto value = integer_in(text_of(timestamp, "value"));
  if (!value) return wrong("timestamp.value is no integer");
  const auto unit = text_of(timestamp, "unit");
  const std::int64_t parts = unit == "SECONDS"                        ? 1
                             : unit.empty() || unit == "MILLISECONDS" ? 1'000
                             : unit == "MICROSECONDS"                 ? 1'000'000
                             : unit == "NANOSECONDS"                  ? 1'000'000'000
                                                                      : 0;
  if (parts == 0) {
    return wrong("timestamp.unit is none of SECONDS, MILLISECONDS, MICROSECONDS and NANOSECONDS");
  }
  const auto time = time_of(*value, parts);
  if (!time) return wrong("timestamp.value is no time between the years 1970 and 9999");
  return *time;
}

}  // namespace

Result<AwsCall> build_location(const rules::ActionRequest& action, AwsAround& around) {
  const auto& parameters = action.parameters;
  auto position = Json::array();
  for (const auto* name : {"longitude", "latitude"}) {
    const auto number = number_in(text_of(parameters, name));
    if (!number) return wrong(std::string{name} + " is no number");
    position.push_back(*number);
  }
  auto time = around.now;
  if (const auto given = parameters.find("timestamp"); given != parameters.end()) {
    const auto told = sample_time(*given);
    if (!told) return told.error();
    time = *told;
  }
  Json update{{"DeviceId", text_of(parameters, "deviceId")},
              {"Position", std::move(position)},
              {"SampleTime", iso_time(time)}};
  AwsCall call;
  call.payload = to_text(update);
  call.request = rest_request(
      "geo", "BatchUpdateDevicePosition",
      "/tracking/v0/trackers/" + http::uri_encoded(text_of(parameters, "trackerName")) + "/positions",
      {{"Updates", Json::array({std::move(update)})}});
  call.refused = "Errors";
  return call;
}

}  // namespace iotemu::sinks
