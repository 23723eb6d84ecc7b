#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "emulator/daemon/commands.h"
#include "fixtures/authority.h"
#include "fixtures/files.h"

namespace iotemu::daemon {
namespace {

using fixtures::Authority;
using fixtures::Lifetime;
using fixtures::Subject;

constexpr int kDefaultDays = 3650;
constexpr int kMaxDays = 36500;
constexpr int kMaxCount = 100'000;

/// Options that several of the commands have.
struct PkiOptions {
  std::string name{};
  fixtures::SubjectFields fields{};
  std::string subject{};
  std::string ca{};
  std::string ca_key{};
  std::string code{};
  std::string out{"."};
  int days{kDefaultDays};
  int count{1};
  bool rsa{false};
  bool force{false};
  bool quiet{false};

  [[nodiscard]] Overwrite overwrite() const { return force ? Overwrite::yes : Overwrite::no; }
  [[nodiscard]] fixtures::KeyKind key() const {
    return rsa ? fixtures::KeyKind::rsa_2048 : fixtures::KeyKind::ec_p256;
  }
  [[nodiscard]] Lifetime lifetime() const {
    const auto now = SystemClock{}.now();
    // Clocks of devices run late.
    return {.not_before = now - std::chrono::days{1}, .not_after = now + std::chrono::days{days}};
  }
};

using Shared = std::shared_ptr<PkiOptions>;

void add_output_options(CLI::App& command, const Shared& options) {
  command.add_option("--out", options->out, "Directory of the files (.), made if missing")
      ->type_name("DIR")
      ->group("Output");
  command.add_flag("--force", options->force, "Overwrites files that are there")->group("Output");
  command.add_flag("-q,--quiet", options->quiet, "Prints nothing on success")->group("Output");
}

void add_key_options(CLI::App& command, const Shared& options) {
  command.add_flag("--rsa", options->rsa, "RSA-2048 key (P-256, which is made 3000 times faster)")
      ->group("Certificate");
  command.add_option("--days", options->days, "Validity (" + std::to_string(kDefaultDays) + ")")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxDays).description(""))
      ->group("Certificate");
}

void add_subject_options(CLI::App& command, const Shared& options) {
  auto* whole =
      command
          .add_option("--subject", options->subject,
                      "All of it in OpenSSL's form, for example\n/C=US/O=Acme/CN=robot-1/serialNumber=sn-1")
          ->type_name("'/C=...'")
          ->group("Subject");
  const auto field = [&](const char* flag, std::string& value, const char* help) {
    command.add_option(flag, value, help)->type_name("TEXT")->group("Subject")->excludes(whole);
  };
  auto& fields = options->fields;
  field("--common-name", fields.common_name, "CN (the name)");
  field("--country", fields.country, "C");
  field("--state", fields.state, "ST");
  field("--locality", fields.locality, "L");
  field("--organization", fields.organization, "O");
  field("--organizational-unit", fields.organizational_unit, "OU");
  field("--serial-number", fields.serial_number, "serialNumber, the device's own");
  field("--title", fields.title, "title");
  field("--generation-qualifier", fields.generation_qualifier, "generationQualifier");
  field("--dn-qualifier", fields.dn_qualifier, "dnQualifier");
}

void add_ca_options(CLI::App& command, const Shared& options) {
  command.add_option("--ca", options->ca, "The CA: its name or its certificate file (required)")
      ->type_name("NAME|FILE")
      ->group("Certificate")
      ->required();
  command.add_option("--ca-key", options->ca_key, "Its key, where it is not beside it as .key")
      ->type_name("FILE")
      ->group("Certificate");
}

/// The CA that --ca names: a file, or NAME.crt in --out or here.
Result<Authority> find_authority(const PkiOptions& options) {
  const std::filesystem::path out{options.out};
  const std::filesystem::path candidates[] = {options.ca, out / (options.ca + ".crt"), options.ca + ".crt"};
  for (const auto& file : candidates) {
    std::error_code failure;
    if (!std::filesystem::is_regular_file(file, failure)) continue;
    return options.ca_key.empty() ? fixtures::read_authority(file)
                                  : fixtures::read_authority(file, options.ca_key);
  }
  return Error{.code = Errc::not_found,
               .message = "there is no CA '" + options.ca + "': neither that file nor " +
                          candidates[1].string() + " exists; make one with `iot-emulator pki ca NAME`"};
}

Status prepare_output(const PkiOptions& options) {
  std::error_code failure;
  std::filesystem::create_directories(options.out, failure);
  if (!failure) return Ok{};
  return Error{.code = Errc::io,
               .message = "cannot create directory " + options.out + ": " + failure.message()};
}

int explain(Console& console, const Error& error) {
  const std::string_view cure = error.code == Errc::already_exists ? "; --force overwrites it" : "";
  return fail(console, error.message + std::string{cure});
}

Result<Subject> subject_of(const PkiOptions& options, const std::string& common_name) {
  if (!options.subject.empty()) return fixtures::parse_subject(options.subject);
  auto fields = options.fields;
  if (fields.common_name.empty()) fields.common_name = common_name;
  return fixtures::make_subject(fields);
}

std::string file_name(const PkiOptions& options, const std::string& name) {
  return (std::filesystem::path{options.out} / name).lexically_normal().string();
}

Status make_ca(const PkiOptions& options, std::ostream& out) {
  if (auto good = fixtures::check_name(options.name); !good) return good;
  if (auto ready = prepare_output(options); !ready) return ready;
  const auto subject = subject_of(options, options.name);
  if (!subject) return subject.error();
  const auto authority = Authority::create(*subject, options.lifetime(), options.key());
  if (!authority) return authority.error();
  if (auto written = fixtures::write_authority(options.out, options.name, *authority, options.overwrite());
      !written) {
    return written;
  }
  if (options.quiet) return Ok{};
  const auto file = file_name(options, options.name);
  const std::string where = options.out == "." ? "" : " --out " + options.out;
  out << "CA " << authority->identity().certificate.subject().text() << '\n'
      << "  certificate  " << file << ".crt\n"
      << "  key          " << file << ".key\n"
      << "  id           " << authority->identity().certificate.id().hex() << '\n'
      << "Register it with the running emulator:\n"
      << "  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1\n"
      << "  iot='aws --endpoint-url http://127.0.0.1:4566 iot'\n"
      << "  code=$($iot get-registration-code --query registrationCode --output text)\n"
      << "  iot-emulator pki verification-cert --ca " << options.name << " --code $code" << where << '\n'
      << "  $iot register-ca-certificate --set-as-active --allow-auto-registration \\\n"
      << "    --ca-certificate file://" << file << ".crt --verification-certificate file://" << file
      << "-verification.crt\n";
  return Ok{};
}

Status make_verification(const PkiOptions& options, std::ostream& out) {
  if (auto ready = prepare_output(options); !ready) return ready;
  const auto authority = find_authority(options);
  if (!authority) return authority.error();
  const auto certificate = authority->verification_certificate(options.code, options.lifetime());
  if (!certificate) return certificate.error();
  const auto name = options.name.empty() ? std::filesystem::path{options.ca}.stem().string() + "-verification"
                                         : options.name;
  if (auto good = fixtures::check_name(name); !good) return good;
  if (auto written = fixtures::write_certificate(options.out, name, *certificate, options.overwrite());
      !written) {
    return written;
  }
  if (!options.quiet) out << "Verification certificate " << file_name(options, name) << ".crt\n";
  return Ok{};
}

/// `{}` in a value becomes the number, so that a thousand devices can have serial numbers of their own.
void number_fields(Subject& subject, const std::string& number) {
  for (auto& attribute : subject) {
    for (auto at = attribute.value.find("{}"); at != std::string::npos; at = attribute.value.find("{}", at)) {
      attribute.value.replace(at, 2, number);
    }
  }
}

Status make_devices(const PkiOptions& options, std::ostream& out) {
  if (auto good = fixtures::check_name(options.name); !good) return good;
  if (auto ready = prepare_output(options); !ready) return ready;
  const auto authority = find_authority(options);
  if (!authority) return authority.error();

  const auto lifetime = options.lifetime();
  const auto width = std::max<std::size_t>(4, std::to_string(options.count).size());
  std::string name;
  for (int i = 1; i <= options.count; ++i) {
    auto number = std::to_string(i);
    number.insert(0, width - number.size(), '0');
    name = options.count == 1 ? options.name : options.name + "-" + number;
    auto subject = subject_of(options, name);
    if (!subject) return subject.error();
    if (options.count > 1) number_fields(*subject, number);
    const auto device = authority->issue_device(*subject, lifetime, options.key());
    if (!device) return device.error();
    if (auto written = fixtures::write_device(options.out, name, *device, options.overwrite()); !written) {
      return written;
    }
    if (options.count > 1 || options.quiet) continue;
    out << "Device " << device->identity.certificate.subject().text() << '\n'
        << "  id           " << device->identity.certificate.id().hex() << '\n';
  }
  if (options.quiet) return Ok{};
  const auto file = file_name(options, name);
  if (options.count > 1) out << options.count << " devices; the last one:\n";
  out << "  certificate  " << file << ".crt\n"
      << "  with its CA  " << file << "-chain.crt\n"
      << "  key          " << file << ".key\n"
      << "Connect with it:\n"
      << "  curl -so server-ca.pem http://127.0.0.1:4566/_iot/server-ca.pem\n"
      << "  mosquitto_pub -h localhost -p 8883 --cafile server-ca.pem --cert " << file << "-chain.crt --key "
      << file << ".key \\\n    -i " << name << " -q 1 -t test/" << name << " -m hello\n";
  return Ok{};
}

void on_call(CLI::App& command, Command& chosen, const Shared& options,
             Status (*make)(const PkiOptions&, std::ostream&)) {
  command.callback([&chosen, options, make] {
    chosen = [options, make](Console& console) {
      const auto done = make(*options, console.out);
      return done ? 0 : explain(console, done.error());
    };
  });
}

}  // namespace

void add_pki(CLI::App& app, Command& chosen) {
  auto* pki = app.add_subcommand("pki", "Makes certificate authorities and device certificates, offline");
  pki->require_subcommand(1);
  pki->footer(
      "A fleet from nothing:\n"
      "  iot-emulator pki ca factory --out pki\n"
      "  iot-emulator pki device robot --ca factory --out pki --count 1000 --serial-number 'sn-{}'");

  auto options = std::make_shared<PkiOptions>();
  auto* ca = pki->add_subcommand("ca", "A certificate authority: NAME.crt and NAME.key");
  ca->add_option("NAME", options->name, "Of the files; also the common name unless one is given")
      ->type_name("")
      ->required();
  add_subject_options(*ca, options);
  add_key_options(*ca, options);
  add_output_options(*ca, options);
  on_call(*ca, chosen, options, make_ca);

  options = std::make_shared<PkiOptions>();
  auto* proof = pki->add_subcommand("verification-cert",
                                    "The proof that RegisterCACertificate asks for: CA-verification.crt");
  add_ca_options(*proof, options);
  proof->add_option("--code", options->code, "What GetRegistrationCode answered (required)")
      ->type_name("CODE")
      ->group("Certificate")
      ->required();
  proof->add_option("--days", options->days, "Validity (" + std::to_string(kDefaultDays) + ")")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxDays).description(""))
      ->group("Certificate");
  proof->add_option("--name", options->name, "Name of the file without .crt")
      ->type_name("NAME")
      ->group("Output");
  add_output_options(*proof, options);
  on_call(*proof, chosen, options, make_verification);

  options = std::make_shared<PkiOptions>();
  auto* device = pki->add_subcommand("device", "Device certificates: NAME.crt, NAME-chain.crt and NAME.key");
  device->add_option("NAME", options->name, "Of the files; also the common name unless one is given")
      ->type_name("")
      ->required();
  add_ca_options(*device, options);
  device
      ->add_option("--count", options->count,
                   "Makes NAME-0001, NAME-0002, ...; '{}' in the subject\nbecomes the number")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxCount).description(""))
      ->group("Certificate");
  add_subject_options(*device, options);
  add_key_options(*device, options);
  add_output_options(*device, options);
  on_call(*device, chosen, options, make_devices);
}

}  // namespace iotemu::daemon
