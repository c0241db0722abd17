/* Reading an ELF shared object's dynamic section: see object.h. Every offset comes from the file and is held against its size; structures
 * are copied out, so that nothing need be aligned. */
#include "plugins/box/object.h"

#include "plugins/hutong-plugin.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#define SEGMENTS_MAX 256
#define ENTRIES_MAX 4096
#define NEEDED_MAX 256
#define STRING_MAX 4096
#define CHAIN_MAX 65536

#define DATA_NATIVE (G_BYTE_ORDER == G_LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)
#define CLASS_NATIVE (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

G_DEFINE_QUARK(ht_object_error, ht_object_error)

typedef struct {
    const char *bytes;
    size_t size;
    ElfW(Ehdr) head;
    uint64_t dynamic, dynamic_size;
    uint64_t strings, strings_size, symbols, hash; /* addresses; 0: none */
} Image;

static bool take(const Image *image, uint64_t offset, void *to, size_t size)
{
    if (offset > image->size || size > image->size - offset) {
        return false;
    }
    memcpy(to, image->bytes + offset, size);
    return true;
}

static bool take_segment(const Image *image, unsigned number, ElfW(Phdr) * segment)
{
    return take(image, image->head.e_phoff + (uint64_t)number * sizeof *segment, segment, sizeof *segment);
}

/* Where the byte at this address is in the file. */
static bool find_offset(const Image *image, uint64_t address, uint64_t *offset)
{
    ElfW(Phdr) segment;
    for (unsigned i = 0; i < image->head.e_phnum && take_segment(image, i, &segment); i++) {
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
            address - segment.p_vaddr < segment.p_filesz) {
            *offset = address - segment.p_vaddr + segment.p_offset;
            return true;
        }
    }
    return false;
}

static bool take_at(const Image *image, uint64_t address, void *to, size_t size)
{
    uint64_t offset;
    return find_offset(image, address, &offset) && take(image, offset, to, size);
}

/* A string of the string table; NULL when it has no end there. Free it. */
static char *take_string(const Image *image, uint64_t index)
{
    uint64_t offset;
    if (index >= image->strings_size || !find_offset(image, image->strings + index, &offset) ||
        offset >= image->size) {
        return NULL;
    }
    size_t most = MIN(MIN(image->size - offset, image->strings_size - index), STRING_MAX);
    const char *start = image->bytes + offset;
    return memchr(start, '\0', most) ? g_strdup(start) : NULL;
}

/* ---- The dynamic section ---- */

static bool take_entry(const Image *image, unsigned number, ElfW(Dyn) * entry)
{
    uint64_t place = (uint64_t)number * sizeof *entry;
    return number < ENTRIES_MAX && place < image->dynamic_size &&
           take(image, image->dynamic + place, entry, sizeof *entry) && entry->d_tag != DT_NULL;
}

static void note_place(Image *image, const ElfW(Dyn) * entry)
{
    switch (entry->d_tag) {
    case DT_STRTAB: image->strings = entry->d_un.d_ptr; break;
    case DT_STRSZ: image->strings_size = entry->d_un.d_val; break;
    case DT_SYMTAB: image->symbols = entry->d_un.d_ptr; break;
    case DT_GNU_HASH: image->hash = entry->d_un.d_ptr; break;
    default: break;
    }
}

static bool note_text(const Image *image, const ElfW(Dyn) * entry, HtObject *object)
{
    if (entry->d_tag != DT_NEEDED && entry->d_tag != DT_RPATH && entry->d_tag != DT_RUNPATH) {
        return true;
    }
    char *text = take_string(image, entry->d_un.d_val);
    if (!text || object->needed->len == NEEDED_MAX) {
        g_free(text);
        return false;
    }
    if (entry->d_tag == DT_NEEDED) {
        g_ptr_array_add(object->needed, text);
    } else {
        char **path = entry->d_tag == DT_RPATH ? &object->rpath : &object->runpath;
        g_free(*path);
        *path = text;
    }
    return true;
}

static bool read_dynamic(Image *image, HtObject *object)
{
    ElfW(Dyn) entry;
    bool good = true;
    for (unsigned i = 0; take_entry(image, i, &entry); i++) {
        note_place(image, &entry);
    }
    for (unsigned i = 0; good && take_entry(image, i, &entry); i++) {
        good = note_text(image, &entry, object);
    }
    return good;
}

static bool find_dynamic(Image *image)
{
    ElfW(Phdr) segment;
    for (unsigned i = 0; i < image->head.e_phnum && take_segment(image, i, &segment); i++) {
        if (segment.p_type == PT_DYNAMIC) {
            image->dynamic = segment.p_offset;
            image->dynamic_size = segment.p_filesz;
            return true;
        }
    }
    return false;
}

/* ---- The descriptor, by the GNU hash table ---- */

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++) {
        hash = hash * 33 + (unsigned char)*name;
    }
    return hash;
}

static bool is_symbol(const Image *image, uint64_t number, ElfW(Sym) * symbol)
{
    if (!take_at(image, image->symbols + number * sizeof *symbol, symbol, sizeof *symbol)) {
        return false;
    }
    g_autofree char *name = take_string(image, symbol->st_name);
    return g_strcmp0(name, HUTONG_SYMBOL) == 0;
}

/* The chain of the name's bucket, up to the value whose lowest bit says that it is the last. */
static bool find_symbol(const Image *image, ElfW(Sym) * symbol)
{
    struct {
        uint32_t buckets, first, words, shift;
    } head;
    uint32_t name = hash_name(HUTONG_SYMBOL), number, value;
    if (image->hash == 0 || !take_at(image, image->hash, &head, sizeof head) || head.buckets == 0) {
        return false;
    }
    uint64_t buckets = image->hash + sizeof head + (uint64_t)head.words * sizeof(ElfW(Addr));
    uint64_t chains = buckets + (uint64_t)head.buckets * sizeof value;
    if (!take_at(image, buckets + (uint64_t)(name % head.buckets) * sizeof number, &number, sizeof number) ||
        number < head.first) {
        return false;
    }
    for (unsigned i = 0; i < CHAIN_MAX; i++, number++) {
        if (!take_at(image, chains + (uint64_t)(number - head.first) * sizeof value, &value, sizeof value)) {
            return false;
        }
        if ((value | 1) == (name | 1) && is_symbol(image, number, symbol)) {
            return true;
        }
        if (value & 1) {
            return false;
        }
    }
    return false;
}

/* Its numbers are constants, so they stand in the file as they will in memory; what is a pointer there is not looked at. */
static uint32_t read_threads(const Image *image)
{
    ElfW(Sym) symbol;
    hutong_adapter adapter;
    if (!find_symbol(image, &symbol) || symbol.st_size < sizeof adapter ||
        !take_at(image, symbol.st_value, &adapter, sizeof adapter)) {
        return 0;
    }
    bool has_field = adapter.abi_major == HUTONG_ABI_MAJOR && adapter.abi_minor >= 2 &&
                     adapter.struct_size >= sizeof adapter;
    return has_field ? adapter.threads : 0;
}

/* ---- The whole ---- */

static bool check_head(const Image *image)
{
    const ElfW(Ehdr) *head = &image->head;
    return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 && head->e_ident[EI_CLASS] == CLASS_NATIVE &&
           head->e_ident[EI_DATA] == DATA_NATIVE && head->e_type == ET_DYN &&
           head->e_phentsize == sizeof(ElfW(Phdr)) && head->e_phnum <= SEGMENTS_MAX;
}

bool ht_object_parse(const void *bytes, size_t size, const char *path, HtObject *object, GError **error)
{
    Image image = {.bytes = bytes, .size = size};
    *object = (HtObject){.needed = g_ptr_array_new_with_free_func(g_free)};
    if (!take(&image, 0, &image.head, sizeof image.head) || !check_head(&image) || !find_dynamic(&image)) {
        g_set_error(error, HT_OBJECT_ERROR, 0, "%s: is no shared object of this machine", path);
        return false;
    }
    if (!read_dynamic(&image, object)) {
        g_set_error(error, HT_OBJECT_ERROR, 0,
                    "%s: its dynamic section is damaged, or names more than %d libraries", path, NEEDED_MAX);
        return false;
    }
    object->threads = read_threads(&image);
    return true;
}

bool ht_object_read(int fd, const char *path, HtObject *object, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new_from_fd(fd, FALSE, error);
    if (!file) {
        *object = (HtObject){.needed = NULL};
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    return ht_object_parse(g_mapped_file_get_contents(file), g_mapped_file_get_length(file), path, object,
                           error);
}

void ht_object_clear(HtObject *object)
{
    g_clear_pointer(&object->needed, g_ptr_array_unref);
    g_clear_pointer(&object->rpath, g_free);
    g_clear_pointer(&object->runpath, g_free);
}
