#include "tests/interop/client.h"

#include <glib.h>
#include <signal.h>
#include <sys/prctl.h>

#define CLIENT_S "240"
#define DEBIAN "./configure --install-deps=interop"

const Client clients[] = {
    {"zeep", "python3-zeep", DEBIAN, NULL},
    {"php", "php-soap", DEBIAN, NULL},
    {"suds", "python3-suds", DEBIAN, "1.1"},
    {"node-soap", "npm's soap", "make interop-npm", "1.1 1.2"},
    {"soap-lite", "libsoap-lite-perl", DEBIAN, "1.1"},
    {"axis", "libaxis-java", DEBIAN, "1.1"},
    {"jax-ws", "jaxws", DEBIAN, "1.1 1.2"},
    {"mono", "mono-devel", DEBIAN, "1.1 1.2"},
    {"wcf", "mono-devel", DEBIAN, NULL},
    {"gsoap", "gsoap", DEBIAN, "1.1 1.2"},
};
const size_t client_count = G_N_ELEMENTS(clients);

char *client_source_file(const char *name)
{
    const char *folder = g_getenv("HUTONG_SRCDIR");
    return g_build_filename(folder ? folder : ".", "tests", "interop", name, NULL);
}

char *client_scratch(const Client *client)
{
    g_autofree char *here = g_get_current_dir();
    char *scratch = g_build_filename(here, client->name, NULL);
    g_assert_cmpint(g_mkdir_with_parents(scratch, 0700), ==, 0);
    return scratch;
}

/* A client ends with its test, however that ends: timeout hands the signal on to all that it started. */
static void begin_child(void *user)
{
    (void)user;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

bool client_run(const Client *client, const char *mode, const char *address, const char *scratch,
                char **output)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_build_filename(client->name, "run.sh", NULL), *problems = NULL, *said = NULL;
    g_autofree char *script = client_source_file(name);
    const char *argv[] = {"timeout", "-k", "10", CLIENT_S, "sh", script, mode, address, NULL};
    int status = -1;
    g_spawn_sync(scratch, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, begin_child, NULL, &said, &problems,
                 &status, &error);
    g_assert_no_error(error);
    *output = g_strconcat(problems, said, NULL);
    return status == 0;
}

bool client_is_installed(const Client *client)
{
    g_autofree char *here = g_get_current_dir(), *output = NULL;
    return client_run(client, "probe", "", here, &output);
}
