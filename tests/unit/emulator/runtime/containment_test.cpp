// Functions that crash, leak, fork, escape or look around: none harms the emulator, none leaves a process.

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/descriptor.h"
#include "emulator/runtime/programs.h"
#include "emulator/runtime/scratch.h"
#include "emulator/runtime/walls.h"
#include "tests/unit/emulator/runtime/runtime_fixture.h"

namespace iotemu::runtime {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

bool layer_holds(std::string_view name) {
  for (const Layer& layer : layers_here()) {
    if (layer.name == name) return layer.holds;
  }
  return false;
}

std::size_t own_memory_mb() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * 4 / 1024;
}

/// A port of our own.
struct Listening {
  Listening() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket.get(), name, size), 0);
    EXPECT_EQ(::listen(socket.get(), 4), 0);
    EXPECT_EQ(::getsockname(socket.get(), name, &size), 0);
    port = ntohs(address.sin_port);
  }
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port{0};
};

class Containment : public RuntimeTest {
 protected:
  /// Waits until so many marked processes are seen at once, or a while. One look must do: a process that is
  /// just between two programs shows no mark.
  int appeared(int count) {
    int seen = processes_marked(mark);
    for (int i = 0; i < 500 && seen < count; ++i) {
      ::poll(nullptr, 0, 20);
      seen = processes_marked(mark);
    }
    return seen;
  }
  /// Waits until no marked process is left, or a while.
  int remaining() {
    for (int i = 0; i < 500 && processes_marked(mark) > 0; ++i) ::poll(nullptr, 0, 20);
    return processes_marked(mark);
  }
};

TEST_F(Containment, ForkBombEndsWithItsFunction) {
  // More than a function may have, and no more: if nobody ended it, this machine would live on.
  const auto bomb =
      function("provided", "bootstrap",
               "#!/bin/sh\nb() { [ $1 -gt 0 ] && b $(($1 - 1)) & [ $1 -gt 0 ] && b $(($1 - 1)) & "
               "sleep 1000; }\nb 7\n",
               "any");
  const Json document = answer(bomb);
  EXPECT_EQ(document["errorType"], "Runtime.ExitError");
  EXPECT_EQ(remaining(), 0);
  EXPECT_EQ(answer(node("exports.handler = async () => 'served';")), Json("served"));
}

TEST_F(Containment, ForkBombInAHandlerEndsWithItsFunction) {
  const auto bomb = python(R"(
import os, time
def lambda_handler(event, context):
    # 512 at most: more than a function may have, and no danger if nobody ended them.
    for _ in range(9):
        try:
            os.fork()
        except OSError:
            pass
    time.sleep(1000)
)");
  bomb->timeout = std::chrono::seconds{5};
  EXPECT_THAT(answer(bomb)["errorType"].get<std::string>(), AnyOf("Runtime.ExitError", "Sandbox.Timedout"));
  EXPECT_EQ(remaining(), 0);
}

TEST_F(Containment, SessionOfItsOwnAndADoubleForkDoNotLeadOut) {
  const auto escape = python(R"py(
import os, subprocess
def lambda_handler(event, context):
    subprocess.run(["setsid", "sh", "-c", "(sleep 1000 &) ; (setsid sleep 1000 &)"])
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv("/bin/sleep", ["sleep", "1000"])
        os._exit(0)
    return "escaped"
)py");
  EXPECT_EQ(answer(escape), Json("escaped"));
  EXPECT_GE(appeared(4), 4);
  EXPECT_EQ(left_behind(), 0);
}

TEST_F(Containment, FunctionThatDiesTakesWhatItStartedWithIt) {
  const auto dying = node(R"(
    exports.handler = async () => {
      require('child_process').spawn('setsid', ['sleep', '1000'], {detached: true, stdio: 'ignore'}).unref();
      process.kill(process.pid, 'SIGKILL'); };)");
  EXPECT_EQ(answer(dying)["errorType"], "Runtime.ExitError");
  EXPECT_EQ(remaining(), 0);
}

TEST_F(Containment, OneGigabyteOfBuffersIsOutOfMemory) {
  const auto leak = node(R"(
    exports.handler = async () => {
      const all = [];
      for (let i = 0; i < 1024; ++i) all.push(Buffer.alloc(1024 * 1024, 1));
      return all.length; };)");
  const auto before = own_memory_mb();
  const Outcome outcome = invoke(leak);
  EXPECT_EQ(outcome.function_error, "Unhandled");
  EXPECT_THAT(outcome.payload, AnyOf(HasSubstr("Runtime.OutOfMemory"), HasSubstr("RangeError")))
      << outcome.log;
  EXPECT_LT(own_memory_mb(), before + 100);
  const auto heap = node("exports.handler = async () => { const a = []; for (;;) a.push({a: [1, 2, 3]}); };");
  EXPECT_EQ(answer(heap)["errorType"], "Runtime.OutOfMemory");
  const auto list = python("def lambda_handler(event, context):\n    return len([0] * (1 << 27))\n");
  EXPECT_EQ(answer(list)["errorType"], "MemoryError");
  EXPECT_EQ(left_behind(), 0);
}

TEST_F(Containment, OneGigabyteOfOutputIsCutAndCostsNoMemory) {
  const auto loud = python(R"(
import os
def lambda_handler(event, context):
    block = (b"x" * 127 + b"\n") * 8192
    for _ in range(1024):
        left = block
        while left:
            left = left[os.write(1, left):]
    return "said"
)");
  loud->timeout = std::chrono::seconds{60};
  const auto before = own_memory_mb();
  const Outcome outcome = invoke(loud);
  EXPECT_EQ(outcome.payload, "\"said\"");
  EXPECT_THAT(outcome.log, HasSubstr("further bytes of output were cut"));
  EXPECT_LE(outcome.log.size(), 4'096U);
  EXPECT_LT(own_memory_mb(), before + 100);
}

TEST_F(Containment, FunctionSeesItsFolderAndItsScratchAndNotTheHome) {
  if (!layer_holds("landlockFiles")) GTEST_SKIP() << "this kernel has no Landlock";
  const auto secret = folder / "secret.txt";
  std::ofstream{secret} << "ours";
  const auto home = std::filesystem::current_path() / ("home-" + mark);
  std::filesystem::create_directories(home);
  const auto look = node(R"(
    const fs = require('fs');
    const how = (f) => { try { f(); return 'ok'; } catch (e) { return e.code; } };
    exports.handler = async (event) => ({
      readSecret: how(() => fs.readFileSync(event.secret)),
      readHome: how(() => fs.readdirSync(event.home)),
      writeCode: how(() => fs.writeFileSync(process.env.LAMBDA_TASK_ROOT + '/x', 'x')),
      writeTmp: how(() => fs.writeFileSync('/tmp/iotemu-containment', 'x')),
      writeScratch: how(() => fs.writeFileSync(process.env.TMPDIR + '/x', 'x')),
      readCode: how(() => fs.readFileSync(process.env.LAMBDA_TASK_ROOT + '/index.js')),
      environment: how(() => fs.readFileSync('/proc/' + event.pid + '/environ')) });)");
  const Json seen =
      answer(look, to_text(Json{{"secret", secret.string()}, {"home", home.string()}, {"pid", ::getpid()}}));
  EXPECT_THAT(seen["readSecret"].get<std::string>(), AnyOf("EACCES", "ENOENT"));
  std::filesystem::remove(home);
  EXPECT_EQ(seen["readHome"], "EACCES");
  EXPECT_THAT(seen["writeCode"].get<std::string>(), AnyOf("EACCES", "EROFS"));
  EXPECT_EQ(seen["writeTmp"], layer_holds("privateTmp") ? "ok" : "EACCES");
  EXPECT_FALSE(std::filesystem::exists("/tmp/iotemu-containment")) << "its /tmp is its own";
  EXPECT_EQ(seen["environment"], "EACCES");
  EXPECT_EQ(seen["writeScratch"], "ok");
  EXPECT_EQ(seen["readCode"], "ok");
}

TEST_F(Containment, FunctionSignalsNeitherTheEmulatorNorItsKeeper) {
  if (!layer_holds("seccomp")) GTEST_SKIP() << "this kernel has no seccomp filters";
  const auto killer = node(R"(
    const how = (pid) => { try { process.kill(pid, 0); return 'ok'; } catch (e) { return e.code; } };
    exports.handler = async (event) => [how(event.emulator), how(process.ppid), how(-1), how(process.pid)];)");
  EXPECT_EQ(answer(killer, to_text(Json{{"emulator", ::getpid()}})),
            Json::array({"EPERM", "EPERM", "EPERM", "ok"}));
}

TEST_F(Containment, FunctionThatKillsItsKeeperLeavesNothingEither) {
  open({.walls = Walls::off});
  const auto killer = node(R"(
    exports.handler = async () => {
      require('child_process').spawn('setsid', ['sleep', '1000'], {detached: true, stdio: 'ignore'}).unref();
      await new Promise((resolve) => setTimeout(resolve, 200));
      process.kill(process.ppid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 10000)); };)");
  EXPECT_EQ(answer(killer)["errorType"], "Runtime.ExitError");
  EXPECT_EQ(remaining(), 0);
}

TEST_F(Containment, SystemCallsThatNoHandlerNeedsAreRefused) {
  if (!layer_holds("seccomp")) GTEST_SKIP() << "this kernel has no seccomp filters";
  const auto caller = python(R"(
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def errno_of(call, *arguments):
    return ctypes.get_errno() if getattr(libc, call)(*arguments) < 0 else 0
def opens(family, kind):
    try:
        socket.socket(family, kind).close()
        return True
    except OSError:
        return False
def lambda_handler(event, context):
    return [errno_of("ptrace", 16, os.getppid(), 0, 0), errno_of("unshare", 0x10000000),
            errno_of("mount", b"x", b"/tmp", b"tmpfs", 0, 0), opens(socket.AF_INET, socket.SOCK_RAW),
            opens(socket.AF_NETLINK, socket.SOCK_DGRAM), opens(socket.AF_INET, socket.SOCK_STREAM),
            opens(socket.AF_INET, socket.SOCK_DGRAM)]
)");
  EXPECT_EQ(answer(caller), Json::array({EPERM, EPERM, EPERM, false, false, true, true}));
}

TEST_F(Containment, WaysAroundTheWallsAreRefused) {
  if (!layer_holds("seccomp")) GTEST_SKIP() << "this kernel has no seccomp filters";
  const auto caller = python(R"(
import ctypes, fcntl, os, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def errno_of(call, *arguments):
    return ctypes.get_errno() if getattr(libc, call)(*arguments) < 0 else 0
def syscall(number, *arguments):
    return errno_of("syscall", ctypes.c_long(number), *arguments)
def opens(make):
    try:
        made = make()
        for end in made if isinstance(made, tuple) else [made]:
            end.close()
        return True
    except OSError:
        return False
def owner(command, value):
    with open("/dev/null") as file:
        try:
            fcntl.fcntl(file, command, value)
            return 0
        except OSError as error:
            return error.errno
def lambda_handler(event, context):
    keeper = os.getppid()
    thread = libc.gettid() if hasattr(libc, "gettid") else os.getpid()
    return {
        "signals": [errno_of("tgkill", keeper, keeper, 0), owner(8, keeper), owner(15, struct.pack("ii", 1, keeper)),
                    owner(10, 9)],
        "tkill": syscall(event["tkill"], thread, 0), "pidfd_open": syscall(434, keeper, 0),
        "pidfd_send_signal": syscall(424, os.open("/proc/%d" % os.getpid(), os.O_RDONLY), 0, 0, 0),
        "ipc": [errno_of("shmget", 0, 4096, 0o1600), errno_of("msgget", 0, 0o1600),
                errno_of("semget", 0, 1, 0o1600), errno_of("mq_open", b"/iotemu", 0o102, 0o600, 0)],
        "unix": [opens(lambda: socket.socket(socket.AF_UNIX, kind)) for kind in (1, 2, 5)],
        "pairs": [opens(lambda: socket.socketpair(socket.AF_UNIX, kind)) for kind in (1, 2, 5)]}
)");
  const Json said = answer(caller, to_text(Json{{"tkill", SYS_tkill}}));
  EXPECT_EQ(said["signals"], Json::array({EPERM, EPERM, EPERM, EPERM}));
  EXPECT_EQ(said["tkill"], EPERM);
  EXPECT_EQ(said["pidfd_open"], ENOSYS);
  EXPECT_EQ(said["pidfd_send_signal"], ENOSYS);
  EXPECT_EQ(said["ipc"], Json::array({EPERM, EPERM, EPERM, EPERM}));
  EXPECT_EQ(said["unix"], Json::array({false, false, false}));
  EXPECT_EQ(said["pairs"], Json::array({true, false, true}));
}

TEST_F(Containment, HandlersStillHaveProcessesOfTheirOwn) {
  const auto many = python(R"(
import logging, multiprocessing, subprocess
def work(end, n):
    end.send(n * n)
def lambda_handler(event, context):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=work, args=(theirs, 3))
    process.start()
    logging.getLogger().warning("said")
    got = ours.recv()
    process.join()
    return [got, subprocess.run(["echo", "out"], stdout=subprocess.PIPE).stdout.decode().strip()]
)");
  EXPECT_EQ(answer(many), Json::array({9, "out"}));
  const auto code = node(R"(
    const {spawn, fork} = require('child_process');
    exports.handler = () => new Promise((resolve) => {
      const echo = spawn('echo', ['out']);
      let text = '';
      echo.stdout.on('data', (chunk) => { text += chunk; });
      echo.on('close', () => {
        const child = fork(__dirname + '/child.js', {execArgv: []});
        child.on('message', (message) => resolve([text.trim(), message])); }); });)");
  add_file(*code, "child.js", "process.send('hello'); process.disconnect();");
  EXPECT_EQ(answer(code), Json::array({"out", "hello"}));
}

TEST_F(Containment, NothingIsLeftWhenASettledEmulatorHasAnsweredACrash) {
  const auto dying = node(R"(
    exports.handler = async (event) => {
      require('child_process').spawn('setsid', ['sleep', '1000'], {detached: true, stdio: 'ignore'}).unref();
      if (event.hang) for (;;);
      process.exit(1); };)");
  dying->timeout = std::chrono::seconds{1};
  EXPECT_EQ(answer(dying)["errorType"], "Runtime.ExitError");
  EXPECT_EQ(processes_marked(mark), 0);
  EXPECT_EQ(answer(dying, R"({"hang":1})")["errorType"], "Sandbox.Timedout");
  EXPECT_EQ(processes_marked(mark), 0);
}

TEST_F(Containment, NobodyElseTakesAnEventOrAnswersIt) {
  const auto code = python(R"py(
import http.client, os
def lambda_handler(event, context):
    def ask(method, what, headers={}):
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        connection.request(method, "/2018-06-01/runtime/invocation/" + what, "1" if method == "POST" else None, headers)
        return connection.getresponse().status
    own = context.aws_request_id + "/response"
    return [ask("GET", "next"), ask("POST", own), ask("POST", own, {"Iotemu-Runtime-Token": "0" * 32}),
            [name for name in os.environ if "IOTEMU" in name]]
)py");
  EXPECT_EQ(answer(code), Json::array({403, 403, 403, Json::array()}));
  // A runtime of the user's has no token to send; a browser is refused there too.
  const auto own = function("provided.al2023", "bootstrap", R"py(#!/usr/bin/python3
import http.client, json, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def ask(method, what, body=None, headers={}):
    connection.request(method, "/2018-06-01/runtime/invocation/" + what, body, headers)
    response = connection.getresponse()
    return response.status, response.headers["Lambda-Runtime-Aws-Request-Id"], response.read()
while True:
    _, event, _ = ask("GET", "next")
    origin = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
    refused = [ask("POST", event + "/response", "1", {name: value})[0]
               for name, value in {"Origin": origin, "Sec-Fetch-Site": "same-origin"}.items()]
    ask("POST", event + "/response", json.dumps(refused))
)py",
                            "any");
  EXPECT_EQ(answer(own), Json::array({403, 403}));
}

TEST_F(Containment, StrictLetsOutOnlyToThePortsThatAreNamed) {
  if (!Pool::check(Walls::strict)) GTEST_SKIP() << Pool::check(Walls::strict).error().message;
  const Listening named;
  const Listening other;
  open({.walls = Walls::strict, .connect_ports = {named.port}});
  const auto caller = python(R"(
import socket
def how(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return "ok"
    except OSError as error:
        return type(error).__name__
def lambda_handler(event, context):
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp = "ok"
    except OSError as error:
        udp = type(error).__name__
    return [how(event["other"]), how(event["named"]), udp]
)");
  EXPECT_EQ(answer(caller, to_text(Json{{"other", other.port}, {"named", named.port}})),
            Json::array({"PermissionError", "ok", "PermissionError"}));
}

TEST_F(Containment, DeathOfTheEmulatorEndsEverythingThatRan) {
  // A process of its own: its pool starts a function that escapes into sessions of its own, and is killed.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t host = ::fork();
  if (host == 0) {
    ::close(ends[0]);
    const std::string place = (folder / "host").string();
    std::filesystem::create_directories(place);
    ::dup2(ends[1], 1);
    ::execl(IOTEMU_FUNCTION_HOST, IOTEMU_FUNCTION_HOST, place.c_str(), mark.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  char said = 0;
  ASSERT_EQ(::read(ends[0], &said, 1), 1) << "the function did not answer";
  EXPECT_GE(appeared(3), 3);
  ::kill(host, SIGKILL);
  ::waitpid(host, nullptr, 0);
  ::close(ends[0]);
  EXPECT_EQ(remaining(), 0);
  const auto run_folders = folder / ("host/iotemu-functions-" + std::to_string(::getuid()));
  for (int i = 0; i < 500 && !std::filesystem::is_empty(run_folders); ++i) ::poll(nullptr, 0, 20);
  EXPECT_TRUE(std::filesystem::is_empty(run_folders)) << "its scratch folders are wiped";
}

TEST(WhatAFunctionMayRead, IsNotTheHomeThatItsProgramLiesIn) {
  const auto readable = [](const std::string& node) {
    const Programs programs{{.node = node}};
    const auto start = programs.start({.runtime = "nodejs20.x"}, {});
    return start ? start->readable : std::vector<std::string>{};
  };
  const testing::TemporaryDirectory folder;
  const auto place = [&](const std::string& path) {
    const auto file = folder / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << "\x7f"
                           "ELF";
    std::filesystem::permissions(file, std::filesystem::perms{0755});
    return file.string();
  };
  const auto read = readable(place("prefix/bin/node"));
  EXPECT_THAT(read, ::testing::Contains((folder / "prefix/lib").string()));
  EXPECT_THAT(read, ::testing::Not(::testing::Contains((folder / "prefix").string())));
  EXPECT_THAT(read, ::testing::Not(::testing::Contains((folder / "prefix/share").string())));
  const auto loose = readable(place("tools/node"));
  EXPECT_THAT(loose, ::testing::Contains((folder / "tools/node").string()));
  EXPECT_THAT(loose, ::testing::Not(::testing::Contains((folder / "tools").string())));
}

TEST(RunFolders, WipeDeepTreesAndFollowNoLink) {
  const testing::TemporaryDirectory folder;
  const auto outside = folder / "outside";
  std::filesystem::create_directories(outside);
  std::ofstream{outside / "kept"} << "x";
  auto run = RunFolder::make(folder.path());
  ASSERT_TRUE(run);
  const auto scratch = *(*run)->make_scratch();
  std::filesystem::create_directory_symlink(outside, scratch + "/link");
  auto deep = scratch;
  for (int i = 0; i < 300; ++i) deep += "/d";
  std::filesystem::create_directories(deep);
  wipe(scratch);
  EXPECT_FALSE(std::filesystem::exists(scratch));
  EXPECT_TRUE(std::filesystem::exists(outside / "kept"));
}

TEST(RunFolders, OfADeadRunAreWipedByTheNextAndOthersAreLeftAlone) {
  const testing::TemporaryDirectory folder;
  const auto living = RunFolder::make(folder.path());
  ASSERT_TRUE(living);
  const auto dead = (*living)->path().parent_path() / "run-dead00";
  std::filesystem::create_directories(dead / "scratch-1");
  const auto next = RunFolder::make(folder.path());
  ASSERT_TRUE(next);
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists((*living)->path()));
}

TEST(RunFolders, AreNotPutWhereOthersMayWrite) {
  const testing::TemporaryDirectory folder;
  const auto home = folder / ("iotemu-functions-" + std::to_string(::getuid()));
  std::filesystem::create_directories(home);
  std::filesystem::permissions(home, std::filesystem::perms{0777});
  const auto refused = RunFolder::make(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("private folder"));
}

}  // namespace
}  // namespace iotemu::runtime
