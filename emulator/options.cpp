#include "iotemu/options.h"

namespace iotemu {

Options Options::for_tests(std::size_t workers) {
  Options options;
  options.api_port = 0;
  options.mqtt_port = 0;
  options.https_port = 0;
  options.workers = workers;
  options.clock = ClockMode::manual;
  options.seeded = true;
  options.rsa_server_certificate = false;
  return options;
}

}  // namespace iotemu
