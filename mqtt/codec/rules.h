#pragma once

// The normative statements that decode() checks: what is wrong, and the statement's number in MQTT 3.1.1 and
// in MQTT 5. Where a standard states a rule without a number, the section stands in its place. MQTT 5 tells
// malformed packets from protocol errors; the last field says which it is there.

namespace iotemu::mqtt {

struct Rule {
  const char* what{};
  const char* v3{};
  const char* v5{};
  bool protocol_error{false};
};

namespace rules {

// Any packet.
inline constexpr Rule kReservedType{"packet type is reserved", "section 2.2.1", "section 2.1.2"};
inline constexpr Rule kHeaderFlags{"reserved flags of the fixed header are wrong", "MQTT-2.2.2-2",
                                   "MQTT-2.1.3-1"};
inline constexpr Rule kTruncated{"packet ends too early", "section 2.2.3", "section 2.1.4"};
inline constexpr Rule kTrailing{"bytes follow the end of the packet", "section 2.2.3", "section 2.1.4"};
inline constexpr Rule kPacketIdZero{"packet id is 0", "MQTT-2.3.1-1", "MQTT-2.2.1-3"};
inline constexpr Rule kIllFormedUtf8{"text is not well-formed UTF-8", "MQTT-1.5.3-1", "MQTT-1.5.4-1"};
inline constexpr Rule kNullCharacter{"text contains U+0000", "MQTT-1.5.3-2", "MQTT-1.5.4-2"};

// CONNECT.
inline constexpr Rule kConnectFirst{"first packet is not CONNECT", "MQTT-3.1.0-1", "MQTT-3.1.0-1", true};
inline constexpr Rule kProtocolName{"protocol name is not \"MQTT\"", "MQTT-3.1.2-1", "MQTT-3.1.2-1"};
inline constexpr Rule kConnectReservedFlag{"reserved connect flag is set", "MQTT-3.1.2-3", "MQTT-3.1.2-3"};
inline constexpr Rule kWillQosWithoutWill{"will QoS is set without the will flag", "MQTT-3.1.2-13",
                                          "MQTT-3.1.2-11"};
inline constexpr Rule kWillQos3{"will QoS is 3", "MQTT-3.1.2-14", "MQTT-3.1.2-12"};
inline constexpr Rule kWillRetainWithoutWill{"will retain is set without the will flag", "MQTT-3.1.2-15",
                                             "MQTT-3.1.2-13"};
/// MQTT 5 allows a password alone.
inline constexpr Rule kPasswordWithoutUser{"password flag is set without the user name flag", "MQTT-3.1.2-22",
                                           ""};

// CONNACK.
inline constexpr Rule kConnackFlags{"reserved acknowledge flags are set", "section 3.2.2.1", "MQTT-3.2.2-1"};
inline constexpr Rule kConnackCode{"return code is reserved", "section 3.2.2.3", "MQTT-3.2.2-8"};
inline constexpr Rule kSessionPresentOnRefusal{"session present in a refusal", "MQTT-3.2.2-4", "MQTT-3.2.2-6",
                                               true};

// PUBLISH.
inline constexpr Rule kDupAtQos0{"DUP is set at QoS 0", "MQTT-3.3.1-2", "MQTT-3.3.1-2", true};
inline constexpr Rule kQos3{"QoS is 3", "MQTT-3.3.1-4", "MQTT-3.3.1-4"};
inline constexpr Rule kWildcardInTopic{"topic name contains a wildcard", "MQTT-3.3.2-2", "MQTT-3.3.2-2"};
inline constexpr Rule kEmptyTopic{"topic name is empty", "MQTT-4.7.3-1", "section 3.3.2.1", true};

// SUBSCRIBE, SUBACK, UNSUBSCRIBE. The id of 3.1.1's reserved bits is spelt as the standard spells it.
inline constexpr Rule kNoFilters{"there is no topic filter", "MQTT-3.8.3-3", "MQTT-3.8.3-2", true};
inline constexpr Rule kEmptyFilter{"topic filter is empty", "MQTT-4.7.3-1", "MQTT-4.7.3-1"};
inline constexpr Rule kSubscribeReserved{"reserved bits beside the requested QoS are set", "MQTT-3-8.3-4",
                                         "MQTT-3.8.3-5"};
inline constexpr Rule kSubscribeQos3{"requested QoS is 3", "MQTT-3-8.3-4", "section 3.8.3.1", true};
inline constexpr Rule kSubackCode{"return code is reserved", "MQTT-3.9.3-2", "MQTT-3.9.3-2"};
inline constexpr Rule kNoUnsubscribeFilters{"there is no topic filter", "MQTT-3.10.3-2", "MQTT-3.10.3-2",
                                            true};

constexpr Rule only_v5(const char* what, const char* statement, bool protocol_error = false) {
  return {what, "", statement, protocol_error};
}

inline constexpr Rule kVarint =
    only_v5("variable byte integer is not minimal or runs past four bytes", "MQTT-1.5.5-1");
inline constexpr Rule kReasonCode = only_v5("reason code is not legal in this packet", "section 2.4");
inline constexpr Rule kAuthDataWithoutMethod =
    only_v5("authentication data without authentication method", "section 3.1.2.11.10", true);
inline constexpr Rule kRetainHandling = only_v5("retain handling is 3", "section 3.8.3.1", true);
inline constexpr Rule kSharedNoLocal =
    only_v5("no local is set on a shared subscription", "MQTT-3.8.3-4", true);
inline constexpr Rule kUnknownProperty = only_v5("property identifier is unknown", "section 2.2.2.2");
inline constexpr Rule kMisplacedProperty = only_v5("does not belong into this packet", "section 2.2.2.2");
inline constexpr Rule kRepeatedProperty = only_v5("may stand only once", "section 2.2.2.2", true);
inline constexpr Rule kPropertyRange = only_v5("value is out of range", "section 2.2.2.2", true);
inline constexpr Rule kWildcardInResponseTopic = only_v5("contains a wildcard", "MQTT-3.3.2-14", true);

}  // namespace rules

}  // namespace iotemu::mqtt
