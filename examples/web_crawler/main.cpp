// Visits every page that can be reached from the first, each once, with a goroutine for each. A
// mutex guards the list of pages that somebody is on already.
// After the exercise "Web Crawler" in A Tour of Go; the web is written down here, and the pages are
// put in order before they are printed.
#include <cstdio>
#include <map>
#include <mutex>
#include <offset/offset.hpp>
#include <string>
#include <utility>
#include <vector>

struct page {
  std::string title;
  std::vector<std::string> links;
};

const std::map<std::string, page> web = {
    {"/", {"home", {"/news", "/about", "/shop"}}},
    {"/news", {"news", {"/", "/news/today", "/news/gone"}}},
    {"/news/today", {"today", {"/news", "/about"}}},
    {"/about", {"about us", {"/"}}},
    {"/shop", {"shop", {"/shop/deep", "/about"}}},
    {"/shop/deep", {"deep in the shop", {"/shop/deeper"}}},
    {"/shop/deeper", {"too deep", {"/"}}},
};

class crawler {
 public:
  // Levels are crawled one after the other, so that each page is found at its least depth.
  std::map<std::string, std::string> crawl(const std::string& first, int depth) {
    std::vector<std::string> level{first};
    for (; depth > 0 && !level.empty(); --depth) {
      offset::sync::wait_group wg;
      for (const std::string& url : level) wg.go([this, url] { visit(url); });
      wg.wait();
      level = std::exchange(next_, {});
    }
    return found_;
  }

 private:
  void visit(const std::string& url) {
    const auto p = web.find(url);
    offset::yield();  // the network takes its time
    const std::lock_guard lock(mutex_);
    if (p == web.end()) {
      found_[url] = "not found";
      return;
    }
    found_[url] = p->second.title;
    for (const std::string& link : p->second.links)
      if (found_.emplace(link, "on the way").second) next_.push_back(link);
  }
  offset::sync::mutex mutex_;
  std::map<std::string, std::string> found_;
  std::vector<std::string> next_;
};

int main() {
  return offset::run([] {
    crawler c;
    for (const auto& [url, title] : c.crawl("/", 3))
      std::printf("%s: %s\n", url.c_str(), title.c_str());
  });
}
