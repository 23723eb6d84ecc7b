#include "emulator/runtime/walls.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <utility>

#include "base/descriptor.h"
#include "emulator/runtime/limit.h"

namespace iotemu::runtime {
namespace {

// Landlock as of ABI 6. The headers of the systems we build on are older than the kernels we run on.
struct RulesetAttributes {
  std::uint64_t files{0};
  std::uint64_t network{0};  ///< from ABI 4
  std::uint64_t scoped{0};   ///< from ABI 6
};
struct __attribute__((packed)) PathRule {
  std::uint64_t allowed{0};
  std::int32_t parent{-1};
};
struct PortRule {
  std::uint64_t allowed{0};
  std::uint64_t port{0};
};
constexpr std::uint32_t kVersionFlag = 1;
constexpr int kPathRule = 1;
constexpr int kPortRule = 2;
constexpr std::uint64_t kExecute = 1ULL << 0;
constexpr std::uint64_t kWriteFile = 1ULL << 1;
constexpr std::uint64_t kReadFile = 1ULL << 2;
constexpr std::uint64_t kReadFolder = 1ULL << 3;
constexpr std::uint64_t kTruncate = 1ULL << 14;
constexpr std::uint64_t kOnFiles = kExecute | kWriteFile | kReadFile | kTruncate | 1ULL << 15;
constexpr std::uint64_t kBindTcp = 1ULL << 0;
constexpr std::uint64_t kConnectTcp = 1ULL << 1;
constexpr std::uint64_t kScopes = 3;  ///< abstract UNIX sockets, signals

int landlock_abi() {
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag));
}

/// All that the ABI knows of files.
std::uint64_t known_file_rights(int abi) {
  if (abi >= 5) return (1ULL << 16) - 1;
  if (abi >= 3) return (1ULL << 15) - 1;
  return abi == 2 ? (1ULL << 14) - 1 : (1ULL << 13) - 1;
}

std::size_t attribute_bytes(int abi) {
  return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

bool allow_path(int ruleset, const std::string& path, std::uint64_t rights) {
  const Descriptor place{::open(path.c_str(), O_PATH | O_CLOEXEC)};
  if (!place) return false;
  struct stat about {};
  if (::fstat(place.get(), &about) != 0) return false;
  if (!S_ISDIR(about.st_mode)) rights &= kOnFiles;
  const PathRule rule{.allowed = rights, .parent = place.get()};
  return ::syscall(SYS_landlock_add_rule, ruleset, kPathRule, &rule, 0) == 0;
}

constexpr std::initializer_list<const char*> kReadable{"/usr",
                                                       "/lib",
                                                       "/lib32",
                                                       "/lib64",
                                                       "/bin",
                                                       "/sbin",
                                                       "/etc",
                                                       "/opt",
                                                       "/proc",
                                                       "/sys",
                                                       "/run/resolvconf",
                                                       "/run/systemd/resolve",
                                                       "/run/nscd"};
constexpr std::initializer_list<const char*> kDevices{"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                                      "/dev/urandom"};

bool enclose_files(const SpawnRequest& request, int abi) {
  const bool strict = request.walls == Walls::strict;
  const std::uint64_t all = known_file_rights(abi);
  RulesetAttributes wanted{.files = all};
  if (abi >= 4 && strict) wanted.network = kBindTcp | kConnectTcp;
  if (abi >= 6) wanted.scoped = kScopes;
  const Descriptor ruleset{
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, attribute_bytes(abi), 0))};
  if (!ruleset) return false;
  const std::uint64_t read = kExecute | kReadFile | kReadFolder;
  for (const char* path : kReadable) allow_path(ruleset.get(), path, read);  // not all exist everywhere
  for (const char* path : kDevices) allow_path(ruleset.get(), path, (kReadFile | kWriteFile) & all);
  for (const auto& path : request.readable) allow_path(ruleset.get(), path, read);
  const bool code = allow_path(ruleset.get(), request.folder, read);
  const bool scratch = allow_path(ruleset.get(), request.scratch, all);
  if (!code || !scratch) return false;
  if (wanted.network != 0) {
    for (const auto port : request.connect_ports) {
      const PortRule rule{.allowed = kConnectTcp, .port = port};
      if (::syscall(SYS_landlock_add_rule, ruleset.get(), kPortRule, &rule, 0) != 0) return false;
    }
  }
  return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

/// Names, for what one machine's libseccomp does not know is left out.
constexpr std::initializer_list<const char*> kDeniedCalls{
    "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount", "umount2", "pivot_root", "chroot",
    "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr", "keyctl",
    "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff", "setns", "unshare", "acct",
    "quotactl", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname",
    "iopl", "ioperm", "open_by_handle_at", "syslog", "vhangup", "pidfd_getfd", "setrlimit", "process_madvise",
    "migrate_pages", "move_pages", "kcmp",
    // Only old programs use it, and it takes any thread.
    "tkill",
    // Memory and queues that all of a user's processes
    // share, and that nobody takes away.
    "shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop",
    "semctl", "mq_open", "mq_unlink"};
/// Their users take this as an old kernel and do it another way.
constexpr std::initializer_list<const char*> kAbsentCalls{
    "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "pidfd_open", "pidfd_send_signal"};
constexpr std::initializer_list<const char*> kSignalCalls{"kill", "tgkill", "rt_sigqueueinfo",
                                                          "rt_tgsigqueueinfo"};
/// They let the kernel signal whom they name when there is something to read.
constexpr std::array<std::uint64_t, 3> kOwnerCommands{8 /*F_SETOWN*/, 10 /*F_SETSIG*/, 15 /*F_SETOWN_EX*/};
constexpr std::array<std::uint64_t, 2> kOwnerRequests{0x8901 /*FIOSETOWN*/, 0x8902 /*SIOCSPGRP*/};

using Program = std::vector<sock_filter>;

class Filter {
 public:
  Filter() : context_{::seccomp_init(SCMP_ACT_ALLOW)} {}
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    if (context_ != nullptr) ::seccomp_release(context_);
  }

  void refuse(const char* call, int error, const std::vector<scmp_arg_cmp>& when = {}) {
    const int number = ::seccomp_syscall_resolve_name(call);
    if (context_ == nullptr || number == __NR_SCMP_ERROR) return;
    const int added = ::seccomp_rule_add_array(context_, SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)),
                                               number, static_cast<unsigned>(when.size()), when.data());
    whole_ = whole_ && (added == 0 || added == -EEXIST);
  }
  /// Empty if there is a part that could not be made.
  [[nodiscard]] Program compiled() const {
    Program program;
    const Descriptor file{::memfd_create("filter", MFD_CLOEXEC)};
    if (context_ == nullptr || !whole_ || !file) return program;
    struct stat about {};
    if (::seccomp_export_bpf(context_, file.get()) != 0 || ::fstat(file.get(), &about) != 0) return program;
    const auto bytes = static_cast<std::size_t>(about.st_size);
    program.resize(bytes / sizeof(sock_filter));
    if (::pread(file.get(), program.data(), bytes, 0) != about.st_size) program.clear();
    return program;
  }

 private:
  scmp_filter_ctx context_;
  bool whole_{true};
};

scmp_arg_cmp argument(unsigned index, std::uint64_t mask, std::uint64_t value) {
  return {.arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

scmp_arg_cmp argument(unsigned index, scmp_compare compare, std::uint64_t value) {
  return {.arg = index, .op = compare, .datum_a = value, .datum_b = 0};
}

Program filter_of_calls(const SpawnRequest& request, const std::vector<pid_t>& untouchable) {
  constexpr std::uint64_t kLow = 0xffffffff;
  Filter filter;
  for (const char* call : kDeniedCalls) filter.refuse(call, EPERM);
  for (const char* call : kAbsentCalls) filter.refuse(call, ENOSYS);
  // A limit that root could raise again is none; asking for limits stays possible.
  filter.refuse("prlimit64", EPERM, {argument(2, SCMP_CMP_NE, 0)});
  filter.refuse("clone", EPERM, {argument(0, CLONE_NEWUSER, CLONE_NEWUSER)});
  for (const char* call : kSignalCalls) {
    for (const pid_t pid : untouchable) {
      filter.refuse(call, EPERM, {argument(0, kLow, static_cast<std::uint32_t>(pid))});
      filter.refuse(call, EPERM, {argument(0, kLow, static_cast<std::uint32_t>(-pid))});
    }
    filter.refuse(call, EPERM, {argument(0, kLow, kLow)});  // -1: everybody
  }
  for (const auto command : kOwnerCommands) filter.refuse("fcntl", EPERM, {argument(1, kLow, command)});
  for (const auto request_code : kOwnerRequests) {
    filter.refuse("ioctl", EPERM, {argument(1, kLow, request_code)});
  }
  const bool strict = request.walls == Walls::strict;
  // Only AF_INET 2 and AF_INET6 10. A UNIX socket would lead to whatever serves this user or all: the bus,
  // a container engine. Pairs stay, but for those that can be pointed somewhere else later.
  filter.refuse("socket", EPERM, {argument(0, SCMP_CMP_GT, AF_INET6)});
  for (std::uint64_t family = 0; family < AF_INET6; ++family) {
    if (family == AF_INET) continue;
    filter.refuse("socket", EPERM, {argument(0, SCMP_CMP_EQ, family)});
  }
  constexpr std::uint64_t kType = 0xf;  // without SOCK_NONBLOCK and SOCK_CLOEXEC
  for (const std::uint64_t type : {SOCK_RAW, SOCK_RDM, SOCK_PACKET}) {
    filter.refuse("socket", EPERM, {argument(1, kType, type)});
    filter.refuse("socketpair", EPERM, {argument(1, kType, type)});
  }
  filter.refuse("socketpair", EPERM, {argument(1, kType, SOCK_DGRAM)});
  if (strict) filter.refuse("socket", EPERM, {argument(1, kType, SOCK_DGRAM)});
  return filter.compiled();
}

/// Allocates nothing.
bool load(Program& program) {
  const sock_fprog loaded{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  return !program.empty() && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded) == 0;
}

/// Root without its privileges is a user who owns root's files.
bool drop_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> none{};
  return ::syscall(SYS_capset, &header, none.data()) == 0;
}

std::string first_line_of(const char* path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

bool has_capability(int capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> own{};
  if (::syscall(SYS_capget, &header, own.data()) != 0) return false;
  return (own[static_cast<std::size_t>(capability / 32)].effective & (1U << (capability % 32))) != 0;
}

/// In a bare chroot it is none, and then mounts of ours could not be kept from everybody else.
bool root_is_mount_point() {
  struct statx root {};
  return ::statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &root) == 0 &&
         (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// As far as it can be told without trying: a container whose filter stands around us mostly forbids it.
bool may_mount() {
  if (!root_is_mount_point()) return false;
  if (has_capability(CAP_SYS_ADMIN)) return true;
  return ::prctl(PR_GET_SECCOMP) == 0 && first_line_of("/proc/sys/user/max_user_namespaces") != "0" &&
         first_line_of("/proc/sys/kernel/unprivileged_userns_clone") != "0" &&
         first_line_of("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") != "1";
}

bool write_text(const char* path, const std::string& text) {
  const Descriptor file{::open(path, O_WRONLY | O_CLOEXEC)};
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Mounts of our own. Who is not root may have them in a user namespace, where he stays who he is.
bool leave_mounts() {
  if (has_capability(CAP_SYS_ADMIN)) return ::unshare(CLONE_NEWNS) == 0;
  const std::string user = std::to_string(::getuid());
  const std::string group = std::to_string(::getgid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  return write_text("/proc/self/setgroups", "deny") &&
         write_text("/proc/self/uid_map", user + " " + user + " 1") &&
         write_text("/proc/self/gid_map", group + " " + group + " 1");
}

struct MountAttributes {
  std::uint64_t set{0};
  std::uint64_t clear{0};
  std::uint64_t propagation{0};
  std::uint64_t user_namespace{0};
};

void make_folders(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0755);
  }
  ::mkdir(path.c_str(), 0755);
}

/// /tmp becomes the scratch folder; what the function needs and what lies beneath /tmp stays where it is,
/// read-only.
bool open_private_tmp(const SpawnRequest& request) {
  constexpr const char* kTmp = "/tmp";
  constexpr std::uint64_t kReadOnly = 1;
  struct Kept {
    std::string path{};
    Descriptor place{};
  };
  if (!leave_mounts() || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  std::vector<Kept> kept;
  const auto keep = [&](const std::string& path) {
    if (!path.starts_with("/tmp/")) return;
    Descriptor place{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (place) kept.push_back({.path = path, .place = std::move(place)});
  };
  for (const auto& path : request.readable) keep(path);
  keep(request.folder);
  keep(request.scratch);
  if (::mount(request.scratch.c_str(), kTmp, nullptr, MS_BIND, nullptr) != 0) return false;
  for (const Kept& folder : kept) {
    make_folders(folder.path);
    const std::string source = "/proc/self/fd/" + std::to_string(folder.place.get());
    if (::mount(source.c_str(), folder.path.c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    if (folder.path == request.scratch) continue;
    const MountAttributes attributes{.set = kReadOnly};
    ::syscall(SYS_mount_setattr, AT_FDCWD, folder.path.c_str(), 0, &attributes, sizeof attributes);
  }
  return ::chdir(request.folder.c_str()) == 0;
}

constexpr std::string_view kTcpLayer = "landlockTcp";

bool knows_filters() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace

std::vector<Layer> layers_here() {
  const int abi = landlock_abi();
  return {
      {.name = "landlockFiles", .holds = abi >= 1, .cure = "Linux 5.13 with Landlock among its LSMs"},
      {.name = kTcpLayer, .holds = abi >= 4, .cure = "Linux 6.7 with Landlock among its LSMs"},
      {.name = "landlockSignals", .holds = abi >= 6, .cure = "Linux 6.12 with Landlock among its LSMs"},
      {.name = "seccomp", .holds = knows_filters(), .cure = "a kernel with CONFIG_SECCOMP_FILTER"},
      {.name = "privateTmp", .holds = may_mount(), .cure = "user namespaces for everybody", .strict = false},
  };
}

std::vector<Layer> layers_under(Walls walls) {
  auto layers = layers_here();
  for (Layer& layer : layers) {
    if (walls == Walls::off || (walls == Walls::automatic && layer.name == kTcpLayer)) layer.holds = false;
  }
  return layers;
}

WallsUp put_up_walls(const SpawnRequest& request, const std::vector<pid_t>& untouchable) {
  // Also with the walls off: set-user-id programs are no way to outlive a kill.
  const bool tame = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  if (request.walls == Walls::off) {
    return {.enough = tame, .limited = set_limit(RLIMIT_DATA, request.memory_bytes)};
  }
  const bool strict = request.walls == Walls::strict;
  const auto layers = layers_under(request.walls);
  const int abi = landlock_abi();
  const bool private_tmp = open_private_tmp(request);
  const bool files = abi >= 1 && enclose_files(request, abi);
  const bool powerless = drop_capabilities();
  // The filter forbids to set limits, and to make it takes memory.
  auto filter = filter_of_calls(request, untouchable);
  if (!set_limit(RLIMIT_DATA, request.memory_bytes)) return {.enough = false, .limited = false};
  const bool filtered = load(filter);
  const std::array<bool, 5> stands{files, files && abi >= 4, files && abi >= 6, filtered, private_tmp};
  WallsUp up{.enough = tame && powerless};
  for (std::size_t i = 0; i < stands.size(); ++i) {
    const Layer& layer = layers[i];
    const bool fell = layer.holds && !stands[i];
    if (fell) up.fallen |= static_cast<std::uint8_t>(1U << i);
    if (layer.strict && (fell || (strict && !stands[i]))) up.enough = false;
  }
  return up;
}

}  // namespace iotemu::runtime
