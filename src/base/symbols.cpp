#include "base/symbols.h"

#include <cstddef>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace offset::inline v0::base {
namespace {

// A file mapped for reading; every access is checked against its size.
class mapped_file {
 public:
  explicit mapped_file(const char* path) noexcept {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    struct stat info {};
    if (fstat(fd, &info) == 0 && info.st_size > 0) {
      void* const at =
          mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
      if (at != MAP_FAILED) {
        data_ = static_cast<const std::byte*>(at);
        size_ = static_cast<std::size_t>(info.st_size);
      }
    }
    close(fd);
  }
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file() {
    if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
  }

  template <class T>
  const T* at(std::size_t offset, std::size_t count = 1) const noexcept {
    if (data_ == nullptr || offset > size_ || count > (size_ - offset) / sizeof(T)) return nullptr;
    return reinterpret_cast<const T*>(data_ + offset);
  }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

std::string symbol_in_file(const char* path, std::uintptr_t offset) {
  const mapped_file file(path);
  const auto* const header = file.at<Elf64_Ehdr>(0);
  if (header == nullptr || header->e_ident[EI_MAG0] != ELFMAG0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64)
    return {};
  const auto* const sections = file.at<Elf64_Shdr>(header->e_shoff, header->e_shnum);
  if (sections == nullptr) return {};
  for (std::size_t s = 0; s < header->e_shnum; ++s) {
    const Elf64_Shdr& table = sections[s];
    if (table.sh_type != SHT_SYMTAB || table.sh_link >= header->e_shnum) continue;
    const std::size_t count = table.sh_size / sizeof(Elf64_Sym);
    const auto* const symbols = file.at<Elf64_Sym>(table.sh_offset, count);
    const Elf64_Shdr& names = sections[table.sh_link];
    const char* const text = file.at<char>(names.sh_offset, names.sh_size);
    if (symbols == nullptr || text == nullptr || names.sh_size == 0 ||
        text[names.sh_size - 1] != '\0')
      return {};
    for (std::size_t i = 0; i < count; ++i) {
      const Elf64_Sym& symbol = symbols[i];
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && offset >= symbol.st_value &&
          offset - symbol.st_value < symbol.st_size && symbol.st_name < names.sh_size)
        return text + symbol.st_name;
    }
  }
  return {};
}

}  // namespace offset::inline v0::base
