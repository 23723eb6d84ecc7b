#include <algorithm>

#include "emulator/neighbours/sqs/faults.h"
#include "emulator/neighbours/sqs/sqs.h"

// Queues made, found, set and dropped.

namespace iotemu::neighbours::sqs {
namespace {

using api::body;
using api::Member;

constexpr std::size_t kMaxQueues = 1'000;  ///< of all realms together
constexpr std::size_t kMaxTags = 50;
constexpr std::size_t kMaxListed = 1'000;
constexpr std::size_t kMaxName = 80;
constexpr std::chrono::seconds kPurgeRest{60};

Member queue_url() {
  return body("QueueUrl").required();
}
Member text_map(std::string_view name, std::string_view key, std::string_view wire) {
  return body(name).map_of(body(key), body("Value")).flat(wire);
}

Done check_name(const std::string& name, bool fifo) {
  const auto stem = fifo && name.ends_with(".fifo") ? name.substr(0, name.size() - 5) : name;
  const bool characters = std::ranges::all_of(stem, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (stem.empty() || name.size() > kMaxName || !characters) {
    return invalid_value(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  if (fifo && !name.ends_with(".fifo")) {
    return invalid_value(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
        "underscores, must end with .fifo suffix and be 1 to 80 in length");
  }
  return Ok{};
}

}  // namespace

void Sqs::add_queue_operations() {
  const std::vector<FlatOutput> urls{{"QueueUrls", "QueueUrl"}, {"queueUrls", "QueueUrl"}};
  add("CreateQueue",
      {body("QueueName").required(), text_map("Attributes", "Name", "Attribute"),
       text_map("tags", "Key", "Tag")},
      &Sqs::create);
  add("GetQueueUrl", {body("QueueName").required(), body("QueueOwnerAWSAccountId")}, &Sqs::get_url);
  auto& list = add(
      "ListQueues",
      {body("QueueNamePrefix"), body("NextToken"), body("MaxResults").integer(1, std::int64_t{kMaxListed})},
      &Sqs::list);
  list.flat_output = urls;
  list.has_result = true;
  auto& sources =
      add("ListDeadLetterSourceQueues",
          {queue_url(), body("NextToken"), body("MaxResults").integer(1, std::int64_t{kMaxListed})},
          &Sqs::list_sources);
  sources.flat_output = urls;
  sources.has_result = true;
  auto& attributes = add("GetQueueAttributes",
                         {queue_url(), body("AttributeNames").list_of(body("member")).flat("AttributeName")},
                         &Sqs::get_attributes);
  attributes.flat_output = {{"Attributes", "Attribute", "Name", "Value"}};
  attributes.has_result = true;
  add("SetQueueAttributes", {queue_url(), text_map("Attributes", "Name", "Attribute").required()},
      &Sqs::set_attributes);
  add("DeleteQueue", {queue_url()}, &Sqs::drop);
  add("PurgeQueue", {queue_url()}, &Sqs::purge);
  add("TagQueue", {queue_url(), text_map("Tags", "Key", "Tag").required()}, &Sqs::tag);
  add("UntagQueue", {queue_url(), body("TagKeys").required().list_of(body("member")).flat("TagKey")},
      &Sqs::untag);
  auto& tags = add("ListQueueTags", {queue_url()}, &Sqs::list_tags);
  tags.flat_output = {{"Tags", "Tag", "Key", "Value"}};
  tags.has_result = true;
}

Answer<Json> Sqs::create(const Question& question) {
  const auto name = question.str("QueueName");
  const auto set = question.has("Attributes") ? question.input.at("Attributes") : Json::object();
  const bool fifo = set.value("FifoQueue", std::string{}) == "true";
  if (auto good = check_name(name, fifo); !good) return good.fault();
  auto attributes = merged({}, set, question.realm, true);
  if (!attributes) return attributes.fault();
  if (!fifo) attributes->erase("FifoQueue");
  const Key key{question.realm, name};
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = queues_.find(key); found != queues_.end()) {
      const auto have = shown(found->second.attributes);
      for (const auto& [attribute, value] : *attributes) {
        const auto same = have.find(attribute);
        if (same != have.end() && same->second == value) continue;
        return Fault{
            "QueueNameExists",
            "A queue already exists with the same name and a different value for attribute " + attribute, 400,
            "QueueAlreadyExists"};
      }
      return Json{{"QueueUrl", url_of(question, key)}};
    }
    if (queues_.size() >= kMaxQueues) {
      return Fault{"OverLimit", "This emulator keeps " + std::to_string(kMaxQueues) + " queues", 403};
    }
    auto settings = settings_of(*attributes);
    if (auto good = check_dead_letters(key, settings); !good) return good.fault();
    auto& home = queues_.try_emplace(key, clock_.now(), random_.hex(8), bytes_of_all_).first->second;
    home.attributes = std::move(*attributes);
    home.queue.settings = std::move(settings);
    if (question.has("tags")) home.tags = question.input.at("tags");
  }
  return Json{{"QueueUrl", url_of(question, key)}};
}

Done Sqs::check_dead_letters(const Key& source, const Settings& settings) {
  if (settings.dead_letter_arn.empty()) return Ok{};
  const auto refused = [&](const std::string& why) {
    return invalid_value("Value " + settings.dead_letter_arn +
                         " for parameter RedrivePolicy is invalid. Reason: " + why);
  };
  const auto target = find(settings.dead_letter_arn);
  if (target == queues_.end()) return refused("Dead letter target does not exist.");
  if (target->first == source) return refused("A queue cannot be its own dead letter target.");
  if (target->second.queue.settings.fifo != settings.fifo)
    return refused("Dead-letter queue must be same type of queue as the source.");
  return Ok{};
}

Answer<Json> Sqs::get_url(const Question& question) {
  Key key{question.realm, question.str("QueueName")};
  if (question.has("QueueOwnerAWSAccountId")) key.first.account = question.str("QueueOwnerAWSAccountId");
  const std::lock_guard lock{mutex_};
  if (!queues_.contains(key)) return no_such_queue();
  return Json{{"QueueUrl", url_of(question, key)}};
}

/// The token is the last URL of the page before.
Answer<Json> Sqs::page_of(const Question& question, const char* list, const std::vector<std::string>& urls) {
  const auto most = static_cast<std::size_t>(question.integer("MaxResults", std::int64_t{kMaxListed}));
  const auto after = question.str("NextToken");
  if (!after.empty() && !question.has("MaxResults"))
    return invalid_value("MaxResults must be set where NextToken is.");
  Json answer = Json::object();
  auto page = Json::array();
  for (const auto& url : urls) {
    if (!after.empty() && url <= after) continue;
    if (page.size() == most) {
      if (question.has("MaxResults")) answer["NextToken"] = page.back();
      break;
    }
    page.push_back(url);
  }
  if (!page.empty() || list[0] == 'q') answer[list] = std::move(page);
  return answer;
}

Answer<Json> Sqs::list(const Question& question) {
  const auto prefix = question.str("QueueNamePrefix");
  std::vector<std::string> urls;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [key, home] : queues_) {
      if (key.first == question.realm && key.second.starts_with(prefix))
        urls.push_back(url_of(question, key));
    }
  }
  return page_of(question, "QueueUrls", urls);
}

Answer<Json> Sqs::list_sources(const Question& question) {
  std::vector<std::string> urls;
  {
    const std::lock_guard lock{mutex_};
    const auto asked_for = asked(question);
    if (!asked_for) return asked_for.fault();
    const auto arn = arn_of((*asked_for)->first);
    for (const auto& [key, home] : queues_) {
      if (home.queue.settings.dead_letter_arn == arn) urls.push_back(url_of(question, key));
    }
  }
  return page_of(question, "queueUrls", urls);
}

Answer<Json> Sqs::get_attributes(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = asked(question);
  if (!found) return found.fault();
  auto& [key, home] = **found;
  const auto seconds = [](Time time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  const auto at = instant();
  auto all = shown(home.attributes);
  all["QueueArn"] = arn_of(key);
  all["ApproximateNumberOfMessages"] = std::to_string(home.queue.visible(at));
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(home.queue.in_flight(at));
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(home.queue.delayed(at));
  all["CreatedTimestamp"] = seconds(home.created);
  all["LastModifiedTimestamp"] = seconds(home.changed);
  auto chosen = Json::object();
  const auto names = question.has("AttributeNames") ? question.input.at("AttributeNames") : Json::array();
  for (const auto& item : names) {
    const auto& name = item.get_ref<const std::string&>();
    if (name == "All") {
      chosen = all;
    } else if (const auto value = all.find(name); value != all.end()) {
      chosen[name] = value->second;
    } else if (name != "Policy" && name != "RedrivePolicy" && name != "FifoQueue" &&
               name != "ContentBasedDeduplication" && name != "KmsMasterKeyId" &&
               name != "KmsDataKeyReusePeriodSeconds" && name != "RedriveAllowPolicy" &&
               name != "DeduplicationScope" && name != "FifoThroughputLimit") {
      return Fault{"InvalidAttributeName", "Unknown Attribute " + name + "."};
    }
  }
  if (chosen.empty()) return Json::object();
  return Json{{"Attributes", std::move(chosen)}};
}

Answer<Json> Sqs::set_attributes(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = asked(question);
  if (!found) return found.fault();
  auto& home = (*found)->second;
  auto attributes = merged(home.attributes, question.input.at("Attributes"), (*found)->first.first, false);
  if (!attributes) return attributes.fault();
  auto settings = settings_of(*attributes);
  if (question.input.at("Attributes").contains("RedrivePolicy")) {
    if (auto good = check_dead_letters((*found)->first, settings); !good) return good.fault();
  }
  home.attributes = std::move(*attributes);
  home.queue.settings = std::move(settings);
  home.changed = clock_.now();
  return Json::object();
}

/// differs: the name can be used again at once; AWS wants 60 seconds to pass.
Answer<Json> Sqs::drop(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = asked(question);
  if (!found) return found.fault();
  queues_.erase(*found);
  return Json::object();
}

Answer<Json> Sqs::purge(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = asked(question);
  if (!found) return found.fault();
  auto& [key, home] = **found;
  if (home.purged && clock_.tick() < *home.purged + kPurgeRest) {
    return Fault{"PurgeQueueInProgress",
                 "Only one PurgeQueue operation on " + key.second + " is allowed every 60 seconds.", 403,
                 "AWS.SimpleQueueService.PurgeQueueInProgress"};
  }
  home.purged = clock_.tick();
  home.queue.purge();
  return Json::object();
}

Answer<Json> Sqs::tag(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = asked(question);
  if (!found) return found.fault();
  auto tags = (*found)->second.tags;
  for (const auto& [name, value] : question.input.at("Tags").items()) tags[name] = value;
  if (tags.size() > kMaxTags) return invalid_value("Too many tags added for queue " + (*found)->first.second);
  (*found)->second.tags = std::move(tags);
  return Json::object();
}

Answer<Json> Sqs::untag(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = asked(question);
  if (!found) return found.fault();
  for (const auto& name : question.input.at("TagKeys")) (*found)->second.tags.erase(name.get<std::string>());
  return Json::object();
}

Answer<Json> Sqs::list_tags(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = asked(question);
  if (!found) return found.fault();
  if ((*found)->second.tags.empty()) return Json::object();
  return Json{{"Tags", (*found)->second.tags}};
}

}  // namespace iotemu::neighbours::sqs
