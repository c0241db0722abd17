# The adapters that are built; each has its sources (NAME_SRC), its test program (beside them) and what is
# installed with it (NAME_DATA) in adapters/NAME/files.mk.
ADAPTERS := health hukou marriage social-security xml
