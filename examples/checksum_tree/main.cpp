// Walks a directory tree and takes a checksum (FNV-1a) of each file, with a few goroutines only,
// so that never more files than that are in memory. Reading blocks a thread, so it goes through
// offset::blocking.
// After bounded parallelism in the Go blog's "Pipelines and cancellation".
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <offset/offset.hpp>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace fs = std::filesystem;

std::uint32_t fnv1a(const std::string& bytes) {
  std::uint32_t hash = 2166136261u;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

std::string read(const fs::path& file) {
  return offset::blocking([&] {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  });
}

fs::path plant_tree() {
  std::string name = (fs::temp_directory_path() / "tree.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  for (const char* folder : {"bark", "leaf", "root"}) {
    fs::create_directory(fs::path(name) / folder);
    for (int i = 1; i <= 4; ++i)
      std::ofstream(fs::path(name) / folder / std::to_string(i))
          << folder << " number " << i << '\n';
  }
  return name;
}

struct result {
  std::string path;
  std::uint32_t sum;
};

int main() {
  return offset::run([] {
    const fs::path tree = plant_tree();
    auto paths = offset::make_chan<fs::path>();
    auto results = offset::make_chan<result>();
    offset::go([=] {
      for (const auto& entry : fs::recursive_directory_iterator(tree))
        if (entry.is_regular_file()) paths.send(entry.path());
      paths.close();
    });
    offset::go([=] {
      offset::sync::wait_group diggers;
      for (int i = 0; i < 4; ++i)
        diggers.go([=] {
          for (const fs::path& p : paths)
            results.send({p.lexically_relative(tree), fnv1a(read(p))});
        });
      diggers.wait();
      results.close();
    });

    std::map<std::string, std::uint32_t> sums;
    for (const auto& [path, sum] : results) sums[path] = sum;
    for (const auto& [path, sum] : sums) std::printf("%08" PRIx32 "  %s\n", sum, path.c_str());
    fs::remove_all(tree);
  });
}
