#include "emulator/daemon/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace iotemu::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Setting& row(std::string_view name) {
  for (const auto& setting : settings_table()) {
    if (setting.name == name) return setting;
  }
  throw std::runtime_error{"no setting " + std::string{name}};
}

/// What the three sources say; the file is called conf.json.
struct Sources {
  std::vector<std::pair<std::string, std::vector<std::string>>> flags{};
  std::map<std::string, std::string> environment{};
  std::optional<std::string> file{};
};

Result<Settings> resolve(const Sources& sources) {
  std::vector<GivenFlag> flags;
  for (const auto& [name, values] : sources.flags) flags.push_back({.setting = &row(name), .values = values});
  const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = sources.environment.find(name);
    return found == sources.environment.end() ? std::nullopt : std::optional{found->second};
  };
  std::optional<std::string_view> text;
  if (sources.file) text = *sources.file;
  return resolve(flags, environment, "conf.json", text);
}

Settings resolved(const Sources& sources) {
  auto settings = resolve(sources);
  if (!settings) throw std::runtime_error{settings.error().message};
  return *settings;
}

std::string refusal(const Sources& sources) {
  const auto settings = resolve(sources);
  return settings ? "(accepted)" : settings.error().message;
}

TEST(Settings, HaveTheDefaultsOfTheLibraryWhenNothingIsGiven) {
  const auto settings = resolved({});
  const Options defaults;
  EXPECT_EQ(settings.emulator.host, "127.0.0.1");
  EXPECT_EQ(settings.emulator.api_port, 4566);
  EXPECT_EQ(settings.emulator.mqtt_port, 8883);
  EXPECT_EQ(settings.emulator.https_port, 8443);
  EXPECT_EQ(settings.emulator.endpoint_host, "localhost");
  EXPECT_EQ(settings.emulator.account, "123456789012");
  EXPECT_EQ(settings.emulator.region, "us-east-1");
  EXPECT_EQ(settings.emulator.workers, defaults.workers);
  EXPECT_THAT(settings.emulator.data_dir, IsEmpty());
  EXPECT_THAT(settings.ready_file, IsEmpty());
  EXPECT_EQ(settings.log_level, log::Level::info);
  EXPECT_FALSE(settings.debug_dumps);
  EXPECT_FALSE(settings.emulator.insecure_admin);
}

TEST(Settings, FlagWinsOverEnvironmentOverFileOverDefault) {
  Sources sources{.file = R"({"api-port": 1})"};
  EXPECT_EQ(resolved(sources).emulator.api_port, 1);
  sources.environment["IOTEMU_API_PORT"] = "2";
  EXPECT_EQ(resolved(sources).emulator.api_port, 2);
  sources.flags.push_back({"api-port", {"3"}});
  EXPECT_EQ(resolved(sources).emulator.api_port, 3);
}

TEST(Settings, ListOfAStrongerSourceReplacesTheWeakerOne) {
  const Sources sources{
      .flags = {{"hostname", {"flag.test"}}},
      .environment = {{"IOTEMU_ALLOW_HOST", "env-1.test,env-2.test"}},
      .file = R"({"hostname": ["a", "b"], "allow-host": "c", "allow-origin": ["http://d:1"]})"};
  const auto settings = resolved(sources);
  EXPECT_THAT(settings.emulator.hostnames, ElementsAre("flag.test"));
  EXPECT_THAT(settings.emulator.allow_hosts, ElementsAre("env-1.test", "env-2.test"));
  EXPECT_THAT(settings.emulator.allow_origins, ElementsAre("http://d:1"));
}

TEST(Settings, SwitchesAreOverriddenOneByOne) {
  const Sources sources{
      .flags = {{"switch", {"qos2=silent", R"({"require_sni": true})"}}},
      .environment = {{"IOTEMU_SWITCH", "qos2=close,connack_on_denied=5,event_duplicates=2"}},
      .file =
          R"({"switch": {"denied_publish": "drop_ack", "connack_on_denied": 7, "revoked_is_final": false}})"};
  const auto settings = resolved(sources);
  const auto& switches = settings.emulator.switches;
  EXPECT_EQ(switches.qos2, Switches::Qos2::silent);
  EXPECT_TRUE(switches.require_sni);
  EXPECT_EQ(switches.connack_on_denied, Switches::ConnackOnDenied::code5);
  EXPECT_EQ(switches.event_duplicates, 2);
  EXPECT_EQ(switches.denied_publish, Switches::DeniedPublish::drop_ack);
  EXPECT_FALSE(switches.revoked_is_final);
}

TEST(Settings, EnvironmentMayHoldTheSwitchesAsJson) {
  const auto settings =
      resolved({.environment = {{"IOTEMU_SWITCH", R"({"qos2": "silent", "event_duplicates": 1})"}}});
  EXPECT_EQ(settings.emulator.switches.qos2, Switches::Qos2::silent);
  EXPECT_EQ(settings.emulator.switches.event_duplicates, 1);
}

TEST(Settings, FunctionsAreOverriddenOneByOneAndMayHoldCommasAsJson) {
  const auto settings =
      resolved({.flags = {{"function", {"a=http://h:1/x=y", "arn:aws:lambda:r:1:function:c=exec:c"}}},
                .environment = {{"IOTEMU_FUNCTION", R"({"a": "exec:lost", "b": "exec:echo 1,2=3"})"}},
                .file = R"({"function": {"b": "http://lost", "d": "exec:d"}})"});
  EXPECT_EQ(settings.emulator.functions,
            (std::map<std::string, std::string>{{"a", "http://h:1/x=y"},
                                                {"arn:aws:lambda:r:1:function:c", "exec:c"},
                                                {"b", "exec:echo 1,2=3"},
                                                {"d", "exec:d"}}));
}

TEST(Settings, EmptyVariableCountsAsNotSet) {
  EXPECT_EQ(resolved({.environment = {{"IOTEMU_API_PORT", ""}, {"IOTEMU_DATA_DIR", ""}}}).emulator.api_port,
            4566);
}

TEST(Settings, FileKeysMayBeWrittenInCamelOrSnakeCase) {
  const auto settings =
      resolved({.file = R"({"apiPort": 1, "mqtt_port": 2, "data-dir": "d", "insecureAdmin": true})"});
  EXPECT_EQ(settings.emulator.api_port, 1);
  EXPECT_EQ(settings.emulator.mqtt_port, 2);
  EXPECT_EQ(settings.emulator.data_dir, "d");
  EXPECT_TRUE(settings.emulator.insecure_admin);
}

TEST(Settings, EveryRowCanBeSetInEveryWay) {
  const std::map<std::string, std::string> sample{{"host", "::1"},
                                                  {"api-port", "0"},
                                                  {"mqtt-port", "0"},
                                                  {"https-port", "0"},
                                                  {"workers", "2"},
                                                  {"endpoint-host", "a.b"},
                                                  {"hostname", "a.b"},
                                                  {"account", "000000000000"},
                                                  {"region", "eu-west-1"},
                                                  {"upstream", "s3=http://h"},
                                                  {"bulk-input-folder", "d"},
                                                  {"bucket-folder", "d"},
                                                  {"data-dir", "d"},
                                                  {"ready-file", "r"},
                                                  {"record-actions", "-"},
                                                  {"jitr-webhook", "http://h/"},
                                                  {"jitr-command", "true"},
                                                  {"jitr-timeout", "500ms"},
                                                  {"function", "gate=exec:true"},
                                                  {"allow-host", "h"},
                                                  {"allow-origin", "http://o"},
                                                  {"insecure-admin", "true"},
                                                  {"switch", "qos2=silent"},
                                                  {"limit", "in_flight=20"},
                                                  {"log-level", "debug"},
                                                  {"lambda-sandbox", "strict"},
                                                  {"lambda-connect-port", "5432"},
                                                  {"lambda-node", "/n"},
                                                  {"lambda-python", "/p"},
                                                  {"lambda-folder", "d"},
                                                  {"lambda-modules", "d"},
                                                  {"lambda-processes", "4"},
                                                  {"debug-dumps", "true"}};
  ASSERT_EQ(sample.size(), settings_table().size());
  for (const auto& [name, value] : sample) {
    const auto& setting = row(name);
    EXPECT_EQ(refusal({.flags = {{name, {value}}}}), "(accepted)");
    EXPECT_EQ(refusal({.environment = {{environment_name(setting), value}}}), "(accepted)");
    const auto text = setting.kind == SettingKind::flag ? value
                      : name == "switch"                ? std::string{R"({"qos2": "silent"})"}
                      : name == "limit"                 ? std::string{R"({"in_flight": 20})"}
                      : name == "function"              ? std::string{R"({"gate": "exec:true"})"}
                      : name == "upstream"              ? std::string{R"({"s3": "http://h"})"}

                                           : "\"" + value + "\"";
    EXPECT_EQ(refusal({.file = "{\"" + name + "\": " + text + "}"}), "(accepted)");
  }
}

TEST(Settings, UpstreamsOfOtherIotServicesCanBeNamed) {
  const auto settings = resolved({.flags = {{"upstream", {"ioteventsdata=http://h"}}}});
  EXPECT_EQ(settings.emulator.upstreams.at("ioteventsdata"), "http://h");
}

TEST(Settings, TimeLimitHoldsForWebhookAndCommand) {
  const auto settings = resolved({.flags = {{"jitr-timeout", {"1500ms"}}}});
  EXPECT_EQ(settings.emulator.jitr_webhook_timeout, 1500ms);
  EXPECT_EQ(settings.emulator.jitr_command_timeout, 1500ms);
}

TEST(Settings, UnknownKeyOfTheFileIsRefusedByNameWithAGuess) {
  EXPECT_EQ(refusal({.file = R"({"api-prot": 1})"}),
            "conf.json: unknown key \"api-prot\"; did you mean \"api-port\"?");
  EXPECT_THAT(refusal({.file = R"({"colour": 1})"}), HasSubstr("unknown key \"colour\"; the keys are"));
}

TEST(Settings, SameKeyInTwoSpellingsIsRefused) {
  EXPECT_EQ(refusal({.file = R"({"api-port": 1, "apiPort": 2})"}), "conf.json: \"api-port\" is set twice");
}

TEST(Settings, FileThatIsNoJsonObjectIsRefused) {
  EXPECT_THAT(refusal({.file = "api-port: 1"}), HasSubstr("conf.json: "));
  EXPECT_THAT(refusal({.file = "[]"}), HasSubstr("expected a JSON object"));
  EXPECT_NE(refusal({.file = ""}), "(accepted)");
}

TEST(Settings, NoErrorShowsTheSecretOfAnUpstream) {
  for (const auto* value :
       {"sqs=http://KEY:canary", "sqs=KEY:canary", "sqs:http://KEY:canary@host", "http://KEY:can=ary@host",
        "sqs=http:/KEY:canary@host", "sqs=http://KEY:canary@", "sqs=http://KEY:can ary@host", "canary",
        "KEY:canary@host=http://h", "sqs=ftp://KEY:canary@host", "sqs=http://host/KEY:canary x",
        "sqs=http://KEY@host?canary", "sqs=http://KEY:12345canary", "{\"sqs\": \"http://KEY:canary\"}",
        "{\"sqs\": {\"canary\": 1}}", "{\"sqs\": \"http://KEY:canary@host\""}) {
    for (const auto& sources :
         {Sources{.flags = {{"upstream", {value}}}}, Sources{.environment = {{"IOTEMU_UPSTREAM", value}}}}) {
      const auto said = refusal(sources);
      EXPECT_NE(said, "(accepted)") << value;
      EXPECT_THAT(said, ::testing::Not(::testing::HasSubstr("ary"))) << value;
    }
  }
  EXPECT_THAT(refusal({.file = R"({"upstream": {"sqs": "http://KEY:canary"}})"}),
              ::testing::Not(::testing::HasSubstr("canary")));
  EXPECT_THAT(refusal({.file = R"({"upstream": [["canary"]]})"}),
              ::testing::Not(::testing::HasSubstr("canary")));
}

struct Wrong {
  const char* name;
  Sources sources;
  const char* message;
};

class WrongSetting : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongSetting, IsRefusedWithItsSourceValueAndWhatWasExpected) {
  EXPECT_EQ(refusal(GetParam().sources), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Settings, WrongSetting,
    ::testing::Values(
        Wrong{"PortTooLarge",
              {.flags = {{"api-port", {"65536"}}}},
              "--api-port 65536: expected a port from 0 (any free one) to 65535"},
        Wrong{"PortNoNumber",
              {.environment = {{"IOTEMU_MQTT_PORT", "80x"}}},
              "IOTEMU_MQTT_PORT=80x: expected a port from 0 (any free one) to 65535"},
        Wrong{"PortInFile",
              {.file = R"({"https-port": -1})"},
              "conf.json: \"https-port\": -1: expected a port from 0 (any free one) to 65535"},
        Wrong{"PortFraction",
              {.file = R"({"api-port": 1.5})"},
              "conf.json: \"api-port\": 1.5: expected a string or a number"},
        Wrong{"Account",
              {.flags = {{"account", {"12"}}}},
              "--account 12: expected an AWS account id of 12 digits"},
        Wrong{"Region",
              {.flags = {{"region", {"EU West"}}}},
              "--region EU West: expected an AWS region such as eu-central-1"},
        Wrong{"Workers",
              {.flags = {{"workers", {"1000"}}}},
              "--workers 1000: expected a number from 0 (one per core) to 256"},
        Wrong{"Level",
              {.environment = {{"IOTEMU_LOG_LEVEL", "loud"}}},
              "IOTEMU_LOG_LEVEL=loud: expected one of trace, debug, info, warn, error, off"},
        Wrong{
            "UpstreamService",
            {.flags = {{"upstream", {"Amazon SQS=http://h"}}}},
            "--upstream Amazon SQS=http://h: 'Amazon SQS' is not the signing name of an AWS service, such as "
            "sqs"},
        Wrong{"UpstreamOfOurs",
              {.flags = {{"upstream", {"iot=http://h"}}}},
              "--upstream iot=http://h: there can be no upstream for iot, which iot-emulator itself answers"},
        Wrong{
            "UpstreamScheme",
            {.flags = {{"upstream", {"s3=ftp://h"}}}},
            "--upstream s3=ftp://h: the upstream of s3 cannot be used: the URL 'ftp://h' does not begin with "
            "https:// or http://; expected http[s]://[KEY:SECRET@]host[:port][/path]"},
        Wrong{"Function",
              {.flags = {{"function", {"gate=ftp://h"}}}},
              "--function gate=ftp://h: expected NAME=http://HOST:PORT/PATH or NAME=exec:COMMAND"},
        Wrong{"Webhook",
              {.flags = {{"jitr-webhook", {"https://x"}}}},
              "--jitr-webhook https://x: expected an http:// URL"},
        Wrong{"Timeout",
              {.flags = {{"jitr-timeout", {"0"}}}},
              "--jitr-timeout 0: expected a duration such as 10, 10s or 500ms"},
        Wrong{"Sandbox",
              {.flags = {{"lambda-sandbox", {"on"}}}},
              "--lambda-sandbox on: expected auto, strict or off"},
        Wrong{"ConnectPort",
              {.flags = {{"lambda-connect-port", {"0"}}}},
              "--lambda-connect-port 0: expected a port from 1 to 65535"},
        Wrong{"FlagInFile",
              {.file = R"({"insecure-admin": "yes"})"},
              "conf.json: \"insecure-admin\": \"yes\": expected true or false"},
        Wrong{"FlagInEnvironment",
              {.environment = {{"IOTEMU_INSECURE_ADMIN", "perhaps"}}},
              "IOTEMU_INSECURE_ADMIN=perhaps: expected true or false"},
        Wrong{"ListOfNumbers",
              {.file = R"({"hostname": [1]})"},
              "conf.json: \"hostname\": [1]: expected an array of strings"},
        Wrong{"ValueAsList",
              {.file = R"({"host": ["a"]})"},
              "conf.json: \"host\": [\"a\"]: expected a string or a number"},
        Wrong{"SwitchWithoutValue", {.flags = {{"switch", {"qos2"}}}}, "--switch qos2: expected name=value"},
        Wrong{"SwitchValue",
              {.flags = {{"switch", {"qos2=maybe"}}}},
              "--switch qos2=maybe: switch qos2 cannot be 'maybe'; expected close | silent"},
        Wrong{"SwitchNotBuilt",
              {.file = R"({"switch": {"sigv4": "verify"}})"},
              "conf.json: \"switch\": {\"sigv4\":\"verify\"}: switch sigv4 belongs to a part that is not "
              "built yet"}),
    [](const auto& wrong) { return wrong.param.name; });

TEST(Settings, UnknownSwitchIsRefusedWithTheListOfSwitches) {
  const auto message = refusal({.flags = {{"switch", {"colour=red"}}}});
  EXPECT_THAT(message, HasSubstr("there is no switch 'colour'"));
  EXPECT_THAT(message, HasSubstr("v3_subscribe_refusal"));
}

TEST(Settings, GuessesOnlyWhatIsClose) {
  EXPECT_EQ(closest_setting("mqtt-prot"), &row("mqtt-port"));
  EXPECT_EQ(closest_setting("datadir"), &row("data-dir"));
  EXPECT_EQ(closest_setting("colour"), nullptr);
  EXPECT_EQ(closest_setting(""), nullptr);
}

TEST(Settings, NamesAreUniqueAndEachRowExplainsItself) {
  std::set<std::string> names;
  for (const auto& setting : settings_table()) {
    EXPECT_TRUE(names.insert(environment_name(setting)).second) << setting.name;
    EXPECT_FALSE(setting.help.empty()) << setting.name;
    EXPECT_FALSE(setting.group.empty()) << setting.name;
  }
}

}  // namespace
}  // namespace iotemu::daemon
