// From the first byte to CONNACK: what a CONNECT must look like, the question to the authenticator, the entry
// into the broker.

#include <algorithm>
#include <string>
#include <utility>

#include "mqtt/broker/broker.h"
#include "mqtt/broker/shard.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/connection/server_connection.h"
#include "mqtt/session/session.h"

namespace iotemu::mqtt {
namespace {

std::chrono::seconds effective_keep_alive(std::uint16_t asked, const BrokerOptions& options) {
  const std::chrono::seconds seconds{asked};
  if (asked == 0 || seconds > options.max_keep_alive) return options.max_keep_alive;  // M3-16
  return std::max(seconds, options.min_keep_alive);
}

}  // namespace

void ServerConnection::on_first_frame(const Frame& frame) {
  const auto connect = decode_connect(frame);
  if (!connect) {  // M3-2, and a malformed CONNECT (P3.5 clarifications)
    client_error(connect.error().message);
    return;
  }
  on_connect(*connect);
}

void ServerConnection::on_connect(const Connect& connect) {
  if (connect.version() != Version::v3_1_1) {
    refuse_level(connect);
    return;
  }
  facts_.version = Version::v3_1_1;
  facts_.persistent = !connect.clean_start && context_.options.session_expiry > Duration::zero();
  facts_.keep_alive = effective_keep_alive(connect.keep_alive, context_.options);
  facts_.session_id = context_.random.uuid();
  if (!accept_client_id(connect) || !accept_will(connect)) return;
  ask_authenticator(connect);
}

void ServerConnection::refuse_level(const Connect& connect) {
  if (connect.level == 5) {
    facts_.version = Version::v5;
    refuse(static_cast<std::uint8_t>(Reason::unsupported_protocol_version),
           "MQTT 5 is not served yet (CONNACK 0x84)");
    return;
  }
  refuse(static_cast<std::uint8_t>(ConnectReturn::unacceptable_protocol_version),
         "protocol level " + std::to_string(connect.level) + ", not 4 (M3-1)");
}

bool ServerConnection::accept_client_id(const Connect& connect) {
  const std::string_view id = connect.client_id;
  if (id.empty() && connect.clean_start) {
    facts_.client_id = "$GEN/" + context_.random.uuid();  // M3-6
    return true;
  }
  std::string fault;
  if (id.empty()) {
    fault = "empty client id with clean session 0 (M3-6)";
  } else if (id.front() == '$') {
    fault = "client id begins with $ (M3-5)";
  } else if (id.size() > context_.options.max_client_id) {
    fault = "client id of " + std::to_string(id.size()) + " bytes (M3-5)";
  }
  if (!fault.empty()) {
    refuse(static_cast<std::uint8_t>(ConnectReturn::identifier_rejected), fault);
    return false;
  }
  facts_.client_id = id;
  return true;
}

bool ServerConnection::accept_will(const Connect& connect) {
  if (!connect.will) return true;
  const Will& will = *connect.will;
  std::string fault;
  if (will.qos == QoS::exactly_once) {
    fault = "will QoS 2 (M3-11)";
  } else if (will.payload.size() > context_.options.max_payload) {
    fault = "will payload of " + std::to_string(will.payload.size()) + " bytes (M3-38)";
  } else if (const auto wrong = check_topic_name(will.topic, context_.options.topics);
             wrong != TopicFault::none) {
    fault = "will topic " + explain(wrong, context_.options.topics);
  } else if (will.topic.front() == '$') {
    fault = "will topic is reserved (M3-11)";
  }
  if (!fault.empty()) {
    refuse(0, fault);
    return false;
  }
  will_ = std::make_unique<Message>(Message{.topic = std::string{will.topic},
                                            .payload = std::string{as_text(will.payload)},
                                            .qos = will.qos,
                                            .retain = will.retain,
                                            .publisher = facts_.client_id});
  return true;
}

void ServerConnection::ask_authenticator(const Connect& connect) {
  state_ = State::authenticating;
  timer_.disarm();
  transport_.pause_reading();
  answer_ = std::make_shared<Answer>(Answer{.connection = this, .inside_call = true});
  const ConnectAttempt attempt{
      .peer = transport_.peer(),
      .client_id = facts_.client_id,
      .session_id = facts_.session_id,
      .version = facts_.version,
      .persistent = facts_.persistent,
      .session_expiry = facts_.persistent ? context_.options.session_expiry : Duration::zero(),
      .will = connect.will ? &*connect.will : nullptr,
      .username = connect.username.value_or(std::string_view{})};
  const auto answer = answer_;
  context_.authenticator.authenticate(attempt, [answer, &loop = loop_](Verdict verdict) {
    if (loop.is_current() && answer->inside_call) {
      answer->connection->on_verdict(std::move(verdict));
      return;
    }
    loop.post([answer, verdict = std::move(verdict)]() mutable {
      if (answer->connection != nullptr) answer->connection->on_verdict(std::move(verdict));
    });
  });
  answer->inside_call = false;
}

void ServerConnection::on_verdict(Verdict verdict) {
  if (state_ != State::authenticating) return;
  answer_.reset();
  if (auto* refusal = std::get_if<Refusal>(&verdict)) {
    refuse(refusal->connack);
    return;
  }
  auto& admission = std::get<Admission>(verdict);
  Broker& broker = *admission.broker;
  facts_.principal = std::move(admission.principal);
  if (!broker.may_connect(facts_.client_id, loop_.tick())) {  // M3-12
    context_.authenticator.on_throttled(
        facts_, "CONNECT refused: more than one CONNECT a second for one client id (M3-12)");
    refuse(0);
    return;
  }
  authorizer_ = std::move(admission.authorizer);
  facts_.connection_id = broker.next_connection_id();
  shard_ = &broker.shard(loop_.index());
  state_ = State::attaching;
  session_place_ = shard_->enter(*this, {.client_id = facts_.client_id,
                                         .session_id = facts_.session_id,
                                         .version = facts_.version,
                                         .persistent = facts_.persistent,
                                         .expiry = context_.options.session_expiry});
}

void ServerConnection::on_attached(Session& session, bool session_present) {
  session_ = &session;
  session_place_ = session.id();
  facts_.session_present = session_present;
  facts_.session_id = session.traits().session_id;
  state_ = State::connected;
  send_connack(static_cast<std::uint8_t>(ConnectReturn::accepted), session_present);
  last_packet_ = loop_.tick();
  timer_.arm(last_packet_ + Duration{facts_.keep_alive} * 3 / 2);  // M3-17, M3-18
  shard_->broker().observer().on_connected(facts_);
  session.start_delivery();
  transport_.forget_peer();  // an idle connection shall be small
  transport_.resume_reading();
}

void ServerConnection::send_connack(std::uint8_t code, bool session_present) {
  encode(facts_.version, Connack{.session_present = session_present, .code = code}, transport_.output(8));
}

void ServerConnection::refuse(std::uint8_t connack, std::string_view why) {
  note("CONNECT refused: " + std::string{why});
  refuse(connack);
}

void ServerConnection::refuse(std::uint8_t connack) {
  if (connack != 0) send_connack(connack, false);
  end(CloseReason::client_error, false);
}

}  // namespace iotemu::mqtt
