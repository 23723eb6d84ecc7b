#include <algorithm>
#include <set>

#include "emulator/neighbours/digests.h"
#include "emulator/neighbours/sqs/faults.h"
#include "emulator/neighbours/sqs/message_attributes.h"
#include "emulator/neighbours/sqs/sqs.h"

namespace iotemu::neighbours::sqs {
namespace {

using api::body;
using api::Member;

constexpr std::size_t kMaxBatch = 10;
constexpr std::size_t kMaxBatchBytes = 1'048'576;
constexpr std::int64_t kMaxWait = 20;
/// A message of 1 MB as JSON or as a form.
constexpr std::size_t kMaxSendBody = 4 * 1024 * 1024;

Member queue_url() {
  return body("QueueUrl").required();
}

Member attribute_map(std::string_view name, std::string_view wire) {
  return body(name)
      .map_of(body("Name"),
              body("Value").structure({body("DataType").required(), body("StringValue"), body("BinaryValue"),
                                       body("StringListValues").list_of(body("member")),
                                       body("BinaryListValues").list_of(body("member"))}))
      .flat(wire);
}

/// What SendMessage has, and each entry of its batch.
std::vector<Member> sent_members(const Member& first) {
  return {first,
          body("MessageBody").required(),
          body("DelaySeconds").integer(),
          attribute_map("MessageAttributes", "MessageAttribute"),
          attribute_map("MessageSystemAttributes", "MessageSystemAttribute"),
          body("MessageDeduplicationId").length(1, 128),
          body("MessageGroupId").length(1, 128)};
}

Member entries(std::vector<Member> members, std::string_view wire) {
  return body("Entries").required().list_of(body("member").structure(std::move(members))).flat(wire);
}

const std::vector<FlatOutput> kMessageOutput{{"Messages", "Message"},
                                             {"Attributes", "Attribute", "Name", "Value"},
                                             {"MessageAttributes", "MessageAttribute", "Name", "Value"}};

std::vector<FlatOutput> batch_output(std::string_view successful) {
  return {{"Successful", successful}, {"Failed", "BatchResultErrorEntry"}};
}

Fault batch_fault(std::string_view name, std::string_view query_name, std::string message) {
  return {name, std::move(message), 400, query_name};
}

Done check_batch(const Json& batch) {
  if (batch.empty()) {
    return batch_fault("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest",
                       "There should be at least one entry in the request.");
  }
  if (batch.size() > kMaxBatch) {
    return batch_fault(
        "TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent " + std::to_string(batch.size()) + ".");
  }
  std::set<std::string> ids;
  for (const auto& entry : batch) {
    const auto id = entry.at("Id").get<std::string>();
    const bool characters = std::ranges::all_of(id, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-';
    });
    if (id.empty() || id.size() > 80 || !characters) {
      return batch_fault(
          "InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId",
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
          "It can be at most 80 letters long.");
    }
    if (!ids.insert(id).second) {
      return batch_fault("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
                         "Id " + id + " repeated.");
    }
  }
  return Ok{};
}

Json failed_entry(const Json& entry, const Fault& fault) {
  return {{"Id", entry.at("Id")},
          {"SenderFault", fault.status < 500},
          {"Code", fault.query_name.empty() ? fault.name : fault.query_name},
          {"Message", fault.message}};
}

Json sent_answer(const Sent& sent, const Json& entry) {
  Json answer{{"MessageId", sent.id},
              {"MD5OfMessageBody", md5_hex(entry.at("MessageBody").get<std::string>())}};
  if (entry.contains("MessageAttributes")) {
    if (auto md5 = md5_of_attributes(entry.at("MessageAttributes")); !md5.empty())
      answer["MD5OfMessageAttributes"] = std::move(md5);
  }
  if (entry.contains("MessageSystemAttributes")) {
    if (auto md5 = md5_of_attributes(entry.at("MessageSystemAttributes")); !md5.empty())
      answer["MD5OfMessageSystemAttributes"] = std::move(md5);
  }
  if (entry.contains("MessageGroupId")) answer["SequenceNumber"] = sequence_text(sent.sequence);
  return answer;
}

Done check_seconds(const char* name, std::int64_t value, std::int64_t most) {
  if (value >= 0 && value <= most) return Ok{};
  return invalid_value("Value " + std::to_string(value) + " for parameter " + name +
                       " is invalid. Reason: Must be between 0 and " + std::to_string(most) +
                       ", if provided.");
}

Json named(const Question& question, const char* member) {
  return question.has(member) ? question.input.at(member) : Json::array();
}

Json joined(Json a, const Json& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Json message_json(const Received& received, const Json& attribute_names, const Json& message_names) {
  const auto& message = received.message;
  Json json{{"MessageId", message.id},
            {"ReceiptHandle", received.handle},
            {"MD5OfBody", md5_hex(message.body)},
            {"Body", message.body}};
  auto system = Json::object();
  for (const auto& [name, value] : system_attributes(message)) {
    const bool wanted = std::ranges::any_of(
        attribute_names, [&, &key = name](const Json& asked) { return asked == "All" || asked == key; });
    if (wanted) system[name] = value;
  }
  if (!system.empty()) json["Attributes"] = std::move(system);
  if (auto chosen = chosen_attributes(message.attributes, message_names); !chosen.empty()) {
    json["MD5OfMessageAttributes"] = md5_of_attributes(chosen);
    json["MessageAttributes"] = std::move(chosen);
  }
  return json;
}

Json messages_json(const std::vector<Received>& messages, const Json& attribute_names,
                   const Json& message_names) {
  Json answer = Json::object();
  for (const auto& message : messages)
    answer["Messages"].push_back(message_json(message, attribute_names, message_names));
  return answer;
}

}  // namespace

void Sqs::add_message_operations() {
  auto& one = add("SendMessage", sent_members(queue_url()), &Sqs::send);
  one.max_body = kMaxSendBody;
  auto& many =
      add("SendMessageBatch",
          {queue_url(), entries(sent_members(body("Id").required()), "SendMessageBatchRequestEntry")},
          &Sqs::send_batch);
  many.flat_output = batch_output("SendMessageBatchResultEntry");
  many.max_body = kMaxSendBody;
  auto& receiving =
      add("ReceiveMessage",
          {queue_url(), body("AttributeNames").list_of(body("member")).flat("AttributeName"),
           body("MessageSystemAttributeNames").list_of(body("member")).flat("MessageSystemAttributeName"),
           body("MessageAttributeNames").list_of(body("member")).flat("MessageAttributeName"),
           body("MaxNumberOfMessages").integer(), body("VisibilityTimeout").integer(),
           body("WaitTimeSeconds").integer(), body("ReceiveRequestAttemptId").length(1, 128)},
          &Sqs::receive);
  receiving.flat_output = kMessageOutput;
  receiving.has_result = true;
  add("DeleteMessage", {queue_url(), body("ReceiptHandle").required()}, &Sqs::remove_message);
  add("DeleteMessageBatch",
      {queue_url(),
       entries({body("Id").required(), body("ReceiptHandle").required()}, "DeleteMessageBatchRequestEntry")},
      &Sqs::remove_batch)
      .flat_output = batch_output("DeleteMessageBatchResultEntry");
  add("ChangeMessageVisibility",
      {queue_url(), body("ReceiptHandle").required(), body("VisibilityTimeout").required().integer()},
      &Sqs::change_visibility);
  add("ChangeMessageVisibilityBatch",
      {queue_url(),
       entries({body("Id").required(), body("ReceiptHandle").required(), body("VisibilityTimeout").integer()},
               "ChangeMessageVisibilityBatchRequestEntry")},
      &Sqs::change_visibility_batch)
      .flat_output = batch_output("ChangeMessageVisibilityBatchResultEntry");
}

Answer<Sent> Sqs::post(Home& home, const Json& entry, const std::string& sender) {
  Message message{.id = random_.uuid(),
                  .body = entry.at("MessageBody"),
                  .attributes = entry.value("MessageAttributes", Json::object()),
                  .group = entry.value("MessageGroupId", std::string{}),
                  .deduplication = entry.value("MessageDeduplicationId", std::string{}),
                  .sender = sender,
                  .sent = clock_.now()};
  const auto& settings = home.queue.settings;
  if (message.body.empty()) return missing("MessageBody");
  if (auto good = check_body(message.body); !good) return good.fault();
  if (auto good = check_message_attributes(message.attributes); !good) return good.fault();
  if (message.body.size() + attribute_bytes(message.attributes) > settings.max_bytes) {
    return invalid_value("One or more parameters are invalid. Reason: Message must be shorter than " +
                         std::to_string(settings.max_bytes) + " bytes.");
  }
  const auto system = entry.value("MessageSystemAttributes", Json::object());
  for (const auto& [name, value] : system.items()) {
    if (name != "AWSTraceHeader")
      return invalid_value("Message system attribute name '" + name +
                           "' is invalid. You can use only AWSTraceHeader.");
    message.trace_header = value.value("StringValue", std::string{});
  }
  std::optional<std::chrono::seconds> delay;
  if (entry.contains("DelaySeconds")) {
    const auto seconds = entry.at("DelaySeconds").get<std::int64_t>();
    if (auto good = check_seconds("DelaySeconds", seconds, 900); !good) return good.fault();
    delay = std::chrono::seconds{seconds};
  }
  if (settings.fifo) {
    if (delay && delay->count() > 0) {
      return invalid_value(
          "Value " + std::to_string(delay->count()) +
          " for parameter DelaySeconds is invalid. Reason: The request include parameter that "
          "is not valid for this queue type.");
    }
    delay.reset();
    if (message.group.empty()) return missing("MessageGroupId");
    if (message.deduplication.empty()) {
      if (!settings.content_deduplication) {
        return invalid_value(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided "
            "explicitly");
      }
      message.deduplication = sha256_hex(message.body);
    }
  } else if (!message.deduplication.empty()) {
    return invalid_value("Value " + message.deduplication +
                         " for parameter MessageDeduplicationId is invalid. Reason: The request include "
                         "parameter that is not valid for this queue type.");
  }
  return home.queue.send(std::move(message), delay, instant());
}

Answer<Json> Sqs::send(const Question& question) {
  Calls calls;
  auto answer = [&]() -> Answer<Json> {
    const std::lock_guard lock{mutex_};
    const auto home = asked(question);
    if (!home) return home.fault();
    const auto sent = post((*home)->second, question.input, question.realm.account);
    if (!sent) return sent.fault();
    serve(*home, calls);
    return sent_answer(*sent, question.input);
  }();
  for (const auto& call : calls) call();
  return answer;
}

Answer<Json> Sqs::send_batch(const Question& question) {
  const auto& batch = question.input.at("Entries");
  if (auto good = check_batch(batch); !good) return good.fault();
  std::size_t bytes = 0;
  for (const auto& entry : batch) bytes += entry.at("MessageBody").get_ref<const std::string&>().size();
  if (bytes > kMaxBatchBytes) {
    return batch_fault("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong",
                       "Batch requests cannot be longer than " + std::to_string(kMaxBatchBytes) +
                           " bytes. You have sent " + std::to_string(bytes) + " bytes.");
  }
  Calls calls;
  Json answer = Json::object();
  {
    const std::lock_guard lock{mutex_};
    const auto home = asked(question);
    if (!home) return home.fault();
    for (const auto& entry : batch) {
      const auto sent = post((*home)->second, entry, question.realm.account);
      if (!sent) {
        answer["Failed"].push_back(failed_entry(entry, sent.fault()));
        continue;
      }
      auto one = sent_answer(*sent, entry);
      one["Id"] = entry.at("Id");
      answer["Successful"].push_back(std::move(one));
    }
    serve(*home, calls);
  }
  for (const auto& call : calls) call();
  return answer;
}

void Sqs::receive(const Question& question, Later later) {
  if (question.has("ReceiveRequestAttemptId")) {
    return later(unsupported("ReceiveRequestAttemptId is not emulated; leave it out and receive again"));
  }
  const auto count = question.integer("MaxNumberOfMessages", 1);
  if (count < 1 || count > 10) {
    return later(invalid_value("Value " + std::to_string(count) +
                               " for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and "
                               "10, if provided."));
  }
  std::optional<std::chrono::seconds> visibility;
  if (question.has("VisibilityTimeout")) {
    const auto seconds = question.integer("VisibilityTimeout", 0);
    if (auto good = check_seconds("VisibilityTimeout", seconds, kMaxVisibility); !good)
      return later(good.fault());
    visibility = std::chrono::seconds{seconds};
  }
  const auto attribute_names =
      joined(named(question, "AttributeNames"), named(question, "MessageSystemAttributeNames"));
  const auto message_names = named(question, "MessageAttributeNames");
  Arrival arrival = [later, attribute_names, message_names](const std::vector<Received>& messages) {
    later(messages_json(messages, attribute_names, message_names));
  };
  Calls calls;
  auto refused = [&]() -> Done {
    const std::lock_guard lock{mutex_};
    const auto home = asked(question);
    if (!home) return home.fault();
    auto& queue = (*home)->second.queue;
    const auto wait = question.integer("WaitTimeSeconds", queue.settings.receive_wait.count());
    if (auto good = check_seconds("WaitTimeSeconds", wait, kMaxWait); !good) return good.fault();
    std::vector<Homes::iterator> fed;
    auto messages =
        take(*home, static_cast<std::size_t>(count), visibility.value_or(queue.settings.visibility), fed);
    serve(std::move(fed), calls);
    if (!messages.empty() || wait == 0 || stopped_) {
      calls.emplace_back([&arrival, messages = std::move(messages)] { arrival(messages); });
      return Ok{};
    }
    if (waiters_.size() >= kMaxWaiters) {
      return Fault{"OverLimit",
                   "More than " + std::to_string(kMaxWaiters) + " receivers wait; try again later", 403};
    }
    question.rests();
    const auto id = next_waiter_++;
    waiters_.push_back({.id = id,
                        .key = (*home)->first,
                        .count = static_cast<std::size_t>(count),
                        .visibility = visibility,
                        .arrival = arrival});
    timers_.after(std::chrono::seconds{wait}, [this, id] { end_wait(id); });
    serve(*home, calls);
    return Ok{};
  }();
  for (const auto& call : calls) call();
  if (!refused) later(refused.fault());
}

Answer<Json> Sqs::remove_message(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto home = asked(question);
  if (!home) return home.fault();
  if (auto gone = (*home)->second.queue.remove(question.str("ReceiptHandle"), instant()); !gone)
    return gone.fault();
  return Json::object();
}

Answer<Json> Sqs::remove_batch(const Question& question) {
  const auto& batch = question.input.at("Entries");
  if (auto good = check_batch(batch); !good) return good.fault();
  const std::lock_guard lock{mutex_};
  const auto home = asked(question);
  if (!home) return home.fault();
  Json answer = Json::object();
  for (const auto& entry : batch) {
    const auto gone = (*home)->second.queue.remove(entry.at("ReceiptHandle").get<std::string>(), instant());
    if (gone) {
      answer["Successful"].push_back({{"Id", entry.at("Id")}});
    } else {
      answer["Failed"].push_back(failed_entry(entry, gone.fault()));
    }
  }
  return answer;
}

Answer<Json> Sqs::change_visibility(const Question& question) {
  const auto seconds = question.integer("VisibilityTimeout", 0);
  if (auto good = check_seconds("VisibilityTimeout", seconds, kMaxVisibility); !good) return good.fault();
  Calls calls;
  auto done = [&]() -> Done {
    const std::lock_guard lock{mutex_};
    const auto home = asked(question);
    if (!home) return home.fault();
    auto changed = (*home)->second.queue.change_visibility(question.str("ReceiptHandle"),
                                                           std::chrono::seconds{seconds}, instant());
    serve(*home, calls);
    return changed;
  }();
  for (const auto& call : calls) call();
  if (!done) return done.fault();
  return Json::object();
}

Answer<Json> Sqs::change_visibility_batch(const Question& question) {
  const auto& batch = question.input.at("Entries");
  if (auto good = check_batch(batch); !good) return good.fault();
  Calls calls;
  Json answer = Json::object();
  {
    const std::lock_guard lock{mutex_};
    const auto home = asked(question);
    if (!home) return home.fault();
    for (const auto& entry : batch) {
      const auto seconds = entry.value("VisibilityTimeout", std::int64_t{0});
      auto changed = check_seconds("VisibilityTimeout", seconds, kMaxVisibility);
      if (changed) {
        changed = (*home)->second.queue.change_visibility(entry.at("ReceiptHandle").get<std::string>(),
                                                          std::chrono::seconds{seconds}, instant());
      }
      if (changed) {
        answer["Successful"].push_back({{"Id", entry.at("Id")}});
      } else {
        answer["Failed"].push_back(failed_entry(entry, changed.fault()));
      }
    }
    serve(*home, calls);
  }
  for (const auto& call : calls) call();
  return answer;
}

}  // namespace iotemu::neighbours::sqs
