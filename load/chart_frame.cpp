#include "load/chart_frame.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "load/html.h"

namespace iotemu::load {
namespace {

/// The smallest of 1, 2 and 5 times a power of ten that is not below `step`.
double round_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= step * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string two_digits(long number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::vector<double> ticks_up_to(double most, bool whole) {
  if (!(most > 0)) most = 1;
  double step = round_step(most / 5);
  if (whole) step = std::max(step, 1.0);
  std::vector<double> ticks;
  for (int i = 0; ticks.empty() || ticks.back() < most * (1 - 1e-9); ++i) ticks.push_back(i * step);
  return ticks;
}

std::vector<double> logarithmic_ticks(double least, double most) {
  const double decades = std::log10(most / least);
  std::vector<double> ticks;
  for (double power = std::pow(10, std::floor(std::log10(least))); power <= most; power *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (decades > 2.5 && factor != 1) continue;
      const double tick = factor * power;
      if (tick >= least && tick <= most) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::vector<double> time_ticks(double seconds) {
  constexpr std::array<double, 15> kSteps{1,   2,   5,    10,   15,   30,    60,   120,
                                          300, 600, 1800, 3600, 7200, 21600, 86400};
  const auto fits = std::ranges::find_if(kSteps, [&](double step) { return seconds / step <= 8; });
  const double step = fits == kSteps.end() ? kSteps.back() : *fits;
  std::vector<double> ticks;
  for (double at = 0; at <= seconds + 1e-9; at += step) ticks.push_back(at);
  return ticks;
}

std::string time_text(double seconds) {
  const long whole = std::lround(seconds);
  if (whole < 120) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + ":" + two_digits(whole % 60);
  return std::to_string(whole / 3600) + ":" + two_digits(whole / 60 % 60) + ":" + two_digits(whole % 60);
}

std::string open_figure(const Frame& frame, const std::string& title, const std::string& note,
                        const std::string& legend, const std::string& spoken) {
  return "<figure><figcaption><b>" + escaped(title) + "</b><span class=\"note\">" + escaped(note) +
         "</span>" + legend + "</figcaption>\n<svg viewBox=\"0 0 " + coordinate(frame.width) + " " +
         coordinate(frame.height) + "\" role=\"img\" aria-label=\"" + escaped(spoken) + "\">\n";
}

std::string close_figure() {
  return "</svg></figure>\n";
}

std::string text_at(double x, double y, const char* style, const std::string& text) {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" class=\"" + style + "\">" +
         escaped(text) + "</text>";
}

std::string line_at(double x1, double y1, double x2, double y2, const char* style) {
  return "<line x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) +
         "\" y2=\"" + coordinate(y2) + "\" class=\"" + style + "\"/>";
}

}  // namespace iotemu::load
