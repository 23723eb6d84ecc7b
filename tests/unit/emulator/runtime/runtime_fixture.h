#pragma once

// What the tests of the runtime share: a pool, functions written on the spot, and a look at the processes
// that they leave.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/json.h"
#include "emulator/runtime/pool.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::runtime {

/// Processes whose environment holds `mark`, the calling one not counted.
inline int processes_marked(const std::string& mark) {
  int count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at{"/proc", error}, end; !error && at != end;
       at.increment(error)) {
    std::ifstream file{at->path() / "environ", std::ios::binary};
    const std::string variables{std::istreambuf_iterator<char>{file}, {}};
    if (variables.find(mark) != std::string::npos) ++count;
  }
  return count;
}

class RuntimeTest : public ::testing::Test {
 protected:
  explicit RuntimeTest(PoolOptions options = {}) { open(std::move(options)); }

  void open(PoolOptions options) {
    pool.reset();
    options.temporary_folder = folder.path();
    if (!options.endpoint_url) options.endpoint_url = [] { return "http://127.0.0.1:4566"; };
    pool = std::make_unique<Pool>(std::move(options), work);
  }

  /// A function with one file.
  std::shared_ptr<Function> function(const std::string& runtime, const std::string& file,
                                     const std::string& code, const std::string& handler) {
    auto made = std::make_shared<Function>();
    made->name = "f" + std::to_string(++functions_);
    made->arn = "arn:aws:lambda:us-east-1:123456789012:function:" + made->name;
    made->revision = "1";
    made->runtime = runtime;
    made->handler = handler;
    made->folder = (folder / made->name).string();
    made->timeout = std::chrono::seconds{30};
    made->environment = {{"MARK", mark}};
    add_file(*made, file, code);
    return made;
  }
  std::shared_ptr<Function> node(const std::string& code) {
    return function("nodejs20.x", "index.js", code, "index.handler");
  }
  std::shared_ptr<Function> python(const std::string& code) {
    return function("python3.12", "lambda_function.py", code, "lambda_function.lambda_handler");
  }
  static void add_file(const Function& of, const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path{of.folder} / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text;
    std::filesystem::permissions(path, std::filesystem::perms{0755});
  }

  void invoke_later(const std::shared_ptr<Function>& function, const std::string& payload = "{}") {
    const auto place = std::make_shared<std::size_t>();
    {
      const std::lock_guard lock{mutex};
      *place = outcomes.size();
      outcomes.emplace_back();
    }
    const std::string id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + *place);
    pool->invoke(function, {.request_id = id, .payload = payload}, [this, place](Result<Outcome> outcome) {
      const std::lock_guard lock{mutex};
      outcomes[*place] = std::move(outcome);
    });
  }
  void settle() { ASSERT_TRUE(work.wait_idle(std::chrono::minutes{2})); }
  Outcome invoke(const std::shared_ptr<Function>& function, const std::string& payload = "{}") {
    invoke_later(function, payload);
    EXPECT_TRUE(work.wait_idle(std::chrono::minutes{2}));
    const std::lock_guard lock{mutex};
    if (!outcomes.back()) return Outcome{.payload = "no outcome"};
    if (!*outcomes.back()) return Outcome{.payload = "error: " + outcomes.back()->error().message};
    return **outcomes.back();
  }
  Json answer(const std::shared_ptr<Function>& function, const std::string& payload = "{}") {
    const Outcome outcome = invoke(function, payload);
    const auto parsed = parse_json(outcome.payload);
    EXPECT_TRUE(parsed) << outcome.payload;
    return parsed ? *parsed : Json{};
  }
  /// Ends all children; how many processes of theirs are there then.
  int left_behind() {
    pool->reset();
    EXPECT_TRUE(work.wait_idle(std::chrono::minutes{1}));
    return processes_marked(mark);
  }

  testing::TemporaryDirectory folder;
  const std::string mark{"mark-" + folder.path().filename().string()};
  WorkCounter work;
  std::mutex mutex;
  std::vector<std::optional<Result<Outcome>>> outcomes;
  std::unique_ptr<Pool> pool;

 private:
  int functions_{0};
};

}  // namespace iotemu::runtime
