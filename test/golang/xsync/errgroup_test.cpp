// What golang.org/x/sync/errgroup's errgroup_test.go and example_md5all_test.go prove, of
// offset::group. An error there is a std::error_code here; a zero Group and WithContext are both a
// group.
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

using namespace std::chrono_literals;
using offset::context;
using offset::group;
using offset::make_chan;
using offset::run;

namespace {

const std::error_code none;
const std::error_code err1 = std::make_error_code(std::errc::io_error);
const std::error_code err2 = std::make_error_code(std::errc::broken_pipe);

/// What Wait answers in Go.
std::error_code wait(group& g) {
  try {
    g.wait();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return none;
}

// TestZeroGroup: the first error is what every later wait answers.
TEST(Errgroup, ZeroGroup) {
  run([] {
    const std::vector<std::vector<std::error_code>> cases = {
        {}, {none}, {err1}, {err1, none}, {err1, none, err2}};
    for (const auto& errors : cases) {
      group g;
      std::error_code first;
      for (const std::error_code& e : errors) {
        g.go([e] { return e; });
        if (!first) first = e;
        EXPECT_EQ(wait(g), first);
      }
    }
  });
}

// TestWithContext: the context is done once something has failed, and after wait in any case.
TEST(Errgroup, WithContext) {
  run([] {
    struct {
      std::vector<std::error_code> errors;
      std::error_code want;
    } const cases[] = {{{}, none}, {{none}, none}, {{err1}, err1}, {{err2, none}, err2}};
    for (const auto& c : cases) {
      group g(context::background());
      const context ctx = g.ctx();
      for (const std::error_code& e : c.errors) g.go([e] { return e; });
      EXPECT_EQ(wait(g), c.want);
      EXPECT_EQ(offset::select(ctx.if_done(), offset::otherwise), 0U) << "not done";
      EXPECT_EQ(ctx.err(), offset::context_errc::canceled);
    }
  });
  run([] {
    // Without anybody waiting.
    group g;
    g.go([] { return err1; });
    g.ctx().done().recv();
    EXPECT_EQ(wait(g), err1);
  });
}

// TestTryGo
TEST(Errgroup, TryGo) {
  run([] {
    constexpr int n = 42;
    group g;
    g.limit(n);
    auto ch = make_chan<void>();
    const auto f = [=] { ch.send(); };
    for (int i = 0; i < n; ++i) ASSERT_TRUE(g.try_go(f)) << i;
    EXPECT_FALSE(g.try_go(f)) << "one more than the limit";
    offset::go([=] {
      for (int i = 0; i < n; ++i) ch.recv();
    });
    g.wait();
    EXPECT_TRUE(g.try_go(f)) << "there is room again";
    ch.recv();
    g.wait();

    g.limit(1);
    EXPECT_TRUE(g.try_go(f));
    EXPECT_FALSE(g.try_go(f));
    ch.recv();
    g.wait();

    g.limit(0);
    for (int i = 0; i < 1 << 10; ++i) ASSERT_FALSE(g.try_go(f)) << "nothing may start";
    g.wait();
  });
}

// TestGoLimit
TEST(Errgroup, GoLimit) {
  run([] {
    constexpr int limit = 10;
    group g;
    g.limit(limit);
    std::atomic<int> active{0};
    for (int i = 0; i <= 1 << 10; ++i)
      g.go([&] {
        if (++active > limit) return err1;
        offset::time::sleep(1us);  // more come meanwhile, if they may
        --active;
        return none;
      });
    EXPECT_EQ(wait(g), none) << "more than " << limit << " at a time";
  });
}

// What SetLimit panics with.
TEST(Errgroup, ModifyLimitWhileActive) {
  run([] {
    group g;
    g.limit(3);
    auto ch = make_chan<void>();
    g.go([=] { ch.recv(); });
    try {
      g.limit(4);
      ADD_FAILURE() << "no panic";
    } catch (const offset::panic_error& e) {
      EXPECT_STREQ(e.what(),
                   "errgroup: modify limit while 1 goroutines in the group are still active");
    }
    ch.close();
    g.wait();
  });
}

// ExampleGroup_parallel: three searches at once, the results in order.
TEST(Errgroup, ExampleParallel) {
  using search = std::function<std::error_code(const context&, const std::string&, std::string&)>;
  const auto fake = [](const std::string& kind) -> search {
    return [kind](const context&, const std::string& query, std::string& result) {
      result = kind + " result for \"" + query + "\"";
      return none;
    };
  };
  const auto all = [](const context& parent, const std::vector<search>& searches,
                      const std::string& query, std::vector<std::string>& results) {
    group g(parent);
    results.assign(searches.size(), "");
    for (std::size_t i = 0; i < searches.size(); ++i)
      g.go([&, i](const context& ctx) { return searches[i](ctx, query, results[i]); });
    return wait(g);
  };
  run([&] {
    std::vector<std::string> results;
    ASSERT_EQ(
        all(context::background(), {fake("web"), fake("image"), fake("video")}, "golang", results),
        none);
    std::ostringstream out;
    for (const std::string& r : results) out << r << "\n";
    EXPECT_EQ(out.str(), "web result for \"golang\"\n"
                         "image result for \"golang\"\n"
                         "video result for \"golang\"\n");
    // And with one that fails while the others would not end.
    const search stuck = [](const context& ctx, const std::string&, std::string&) {
      ctx.done().recv();
      return ctx.err();
    };
    const search broken = [](const context&, const std::string&, std::string&) { return err2; };
    EXPECT_EQ(all(context::background(), {stuck, broken, stuck}, "golang", results), err2);
  });
}

// TestCancelCause: what made the context done is the failure, or that wait came to its end.
TEST(Errgroup, CancelCause) {
  run([] {
    struct {
      std::vector<std::error_code> errors;
      std::error_code want;
    } const cases[] = {{{}, none}, {{none}, none}, {{err1}, err1}, {{err1, none}, err1}};
    for (const auto& c : cases) {
      group g(context::background());
      for (const std::error_code& e : c.errors) EXPECT_TRUE(g.try_go([e] { return e; }));
      EXPECT_EQ(wait(g), c.want);
      try {
        std::rethrow_exception(g.ctx().cause());
      } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), c.want ? c.want : make_error_code(offset::context_errc::canceled));
      }
    }
  });
}

// ExampleGroup_justErrors: no wait_group, no channel of errors.
TEST(Errgroup, ExampleJustErrors) {
  run([] {
    const auto fetch = [](const std::string& url) { return url.ends_with(".org/") ? none : err1; };
    const auto fetch_all = [&](const std::vector<std::string>& urls) {
      group g;
      for (const std::string& url : urls) g.go([&fetch, &url] { return fetch(url); });
      return wait(g);
    };
    EXPECT_EQ(fetch_all({"http://one.org/", "http://two.org/"}), none);
    EXPECT_EQ(fetch_all({"http://one.org/", "http://somestupidname/"}), err1);
  });
}

// ExampleGroup_pipeline: one walks a tree, twenty digest what is in it, one collects; a failure
// ends all of them. The tree is a map here, the digest a hash.
TEST(Errgroup, ExamplePipeline) {
  using tree = std::map<std::string, std::string>;
  using sums = std::map<std::string, std::size_t>;
  const auto digest = [](const std::string& content) { return std::hash<std::string>()(content); };
  const auto digest_all = [&](const tree& files, sums& all) {
    group g(context::background());
    auto paths = make_chan<std::string>();
    g.go([&, paths](const context& ctx) {
      std::error_code error;
      for (auto file = files.begin(); file != files.end() && !error; ++file)
        if (paths.send(ctx, file->first) != offset::op_status::ok) error = ctx.err();
      paths.close();
      return error;
    });
    struct result {
      std::string path;
      std::size_t sum;
    };
    auto results = make_chan<result>();
    for (int i = 0; i < 20; ++i)
      g.go([&, paths, results](const context& ctx) {
        for (const std::string& path : paths) {
          if (files.at(path).empty()) return err2;  // cannot be read
          if (results.send(ctx, {path, digest(files.at(path))}) != offset::op_status::ok)
            return ctx.err();
        }
        return none;
      });
    offset::go([&g, results] {
      wait(g);
      results.close();
    });
    for (const result& r : results) all[r.path] = r.sum;
    return wait(g);
  };
  run([&] {
    tree files;
    for (int i = 0; i < 200; ++i) files["file" + std::to_string(i)] = std::to_string(i * i);
    sums all;
    EXPECT_EQ(digest_all(files, all), none);
    ASSERT_EQ(all.size(), files.size());
    for (const auto& [path, sum] : all) EXPECT_EQ(sum, digest(files[path])) << path;

    files["file100"] = "";
    all.clear();
    EXPECT_EQ(digest_all(files, all), err2);
    EXPECT_LT(all.size(), files.size());
  });
}

}  // namespace
