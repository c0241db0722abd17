/* Loading an adapter: the file's owner and mode first, then its one symbol, then sizes and versions;
 * nothing of it is called here. Loading runs in the host, in its box; the bus uses the check of the file
 * only. No state. */
#include "plugins/loader.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64

G_DEFINE_QUARK(ht_loader_error, ht_loader_error)

static bool refuse(GError **error, const char *path, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool refuse(GError **error, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, HT_LOADER_ERROR, 0, "%s: %s", path, text);
    return false;
}

static bool check_info(const struct stat *info, const char *path, GError **error)
{
    if (!S_ISREG(info->st_mode)) {
        return refuse(error, path, "is not a regular file");
    }
    if (info->st_uid != 0 && info->st_uid != geteuid()) {
        return refuse(error, path,
                      "belongs to user %u; an adapter must belong to root or to the user of the bus (%u)",
                      (unsigned)info->st_uid, (unsigned)geteuid());
    }
    if (info->st_mode & (S_IWGRP | S_IWOTH)) {
        return refuse(error, path, "others than its owner may write it (mode %03o); do: chmod go-w",
                      (unsigned)info->st_mode & 0777);
    }
    return true;
}

int ht_loader_open_file(const char *path, GError **error)
{
    struct stat info;
    if (!g_path_is_absolute(path)) {
        refuse(error, path, "the path of an adapter must be absolute");
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &info) != 0) {
        refuse(error, path, "%s", g_strerror(errno));
    } else if (check_info(&info, path, error)) {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

bool ht_loader_check_file(const char *path, GError **error)
{
    int fd = ht_loader_open_file(path, error);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static bool is_name(const char *name)
{
    size_t size = 0;
    for (; name[size] && size <= NAME_MAX_BYTES; size++) {
        if (!g_ascii_islower(name[size]) && !g_ascii_isdigit(name[size]) && name[size] != '-') {
            return false;
        }
    }
    return size > 0 && size <= NAME_MAX_BYTES && name[0] != '-';
}

static bool is_file_of(const char *path, const char *name)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *expected = g_strconcat(name, ".so", NULL);
    return strcmp(base, expected) == 0;
}

/* What hutong_adapter had in each minor version. Where it grew, fields behind an older one's end are not the adapter's to
 * read. */
static const size_t adapter_sizes[HUTONG_ABI_MINOR + 1] = {
    offsetof(hutong_adapter, close) + sizeof(((hutong_adapter *)NULL)->close),
    offsetof(hutong_adapter, close) + sizeof(((hutong_adapter *)NULL)->close),
    sizeof(hutong_adapter),
};

/* Versions and sizes: no other field is read before these are right. */
static bool check_layout(const hutong_adapter *adapter, size_t symbol_size, const char *path, GError **error)
{
    size_t versions_end = offsetof(hutong_adapter, abi_minor) + sizeof adapter->abi_minor;
    if (symbol_size > 0 && symbol_size < versions_end) {
        return refuse(error, path, "%s has %zu bytes, too few for its versions", HUTONG_SYMBOL, symbol_size);
    }
    if (adapter->abi_major != HUTONG_ABI_MAJOR) {
        return refuse(error, path,
                      "abi_major is %u, this bus has %u: build the adapter against its hutong-plugin.h",
                      adapter->abi_major, HUTONG_ABI_MAJOR);
    }
    if (adapter->abi_minor > HUTONG_ABI_MINOR) {
        return refuse(error, path, "abi_minor is %u, this bus has %u: the bus is older than the adapter",
                      adapter->abi_minor, HUTONG_ABI_MINOR);
    }
    if (adapter->struct_size != adapter_sizes[adapter->abi_minor]) {
        return refuse(error, path, "struct_size is %zu, version %u.%u has %zu", adapter->struct_size,
                      adapter->abi_major, adapter->abi_minor, adapter_sizes[adapter->abi_minor]);
    }
    if (symbol_size > 0 && symbol_size < adapter->struct_size) {
        return refuse(error, path, "struct_size is %zu, but %s has only %zu bytes", adapter->struct_size,
                      HUTONG_SYMBOL, symbol_size);
    }
    return true;
}

bool ht_loader_check_adapter(const hutong_adapter *adapter, size_t symbol_size, const char *path,
                             GError **error)
{
    if (!check_layout(adapter, symbol_size, path, error)) {
        return false;
    }
    if (!adapter->name || !is_name(adapter->name)) {
        return refuse(error, path, "name is missing or not of lower-case letters, digits and hyphens");
    }
    if (!is_file_of(path, adapter->name)) {
        return refuse(error, path, "name is '%s': the file must be called %s.so", adapter->name,
                      adapter->name);
    }
    if (!adapter->version || !adapter->summary) {
        return refuse(error, path, "version or summary is missing");
    }
    if (!adapter->open || !adapter->decode || !adapter->close) {
        return refuse(error, path, "open, decode or close is missing");
    }
    return true;
}

static size_t find_symbol_size(const void *symbol)
{
    Dl_info info;
    const ElfW(Sym) *entry = NULL;
    if (!dladdr1(symbol, &info, (void **)&entry, RTLD_DL_SYMENT) || !entry) {
        return 0;
    }
    return entry->st_size;
}

const hutong_adapter *ht_loader_load(const char *path, void **handle, GError **error)
{
    *handle = NULL;
    void *loaded = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!loaded) {
        refuse(error, path, "cannot be loaded: %s", dlerror());
        return NULL;
    }
    const hutong_adapter *adapter = dlsym(loaded, HUTONG_SYMBOL);
    if (!adapter) {
        refuse(error, path, "is no adapter: it does not export %s", HUTONG_SYMBOL);
    } else if (ht_loader_check_adapter(adapter, find_symbol_size(adapter), path, error)) {
        *handle = loaded;
        return adapter;
    }
    dlclose(loaded);
    return NULL;
}

uint32_t ht_loader_threads(const hutong_adapter *adapter)
{
    return adapter->abi_minor >= 2 ? adapter->threads : 0;
}
