/* hutong: one program, with verbs. */
#include "core/cli/cli.h"

int main(int argc, char **argv)
{
    return ht_cli_run(argc, argv);
}
