#include "emulator/neighbours/aws_ids.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace iotemu::neighbours {

std::string unique_id(std::string_view prefix, std::size_t letters, Random& random) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::vector<std::uint8_t> bytes(letters);
  random.fill(bytes);
  std::string id{prefix};
  for (const auto byte : bytes) id += kLetters[byte % kLetters.size()];
  return id;
}

std::string iso_date(Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{second - day};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string iso_millis(Time time) {
  auto text = iso_date(time);
  text.pop_back();
  const auto millis = std::to_string(epoch_ms(time) % 1000);
  return text + "." + std::string(3 - millis.size(), '0') + millis;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-_.~";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != kPlain.npos;
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

}  // namespace iotemu::neighbours
