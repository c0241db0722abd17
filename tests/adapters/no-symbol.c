/* no-symbol: a shared object that is no adapter. */
int something_else(void);

__attribute__((visibility("default"))) int something_else(void)
{
    return 1;
}
