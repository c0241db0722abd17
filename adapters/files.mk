# The adapters that are built; each has its sources in adapters/NAME/files.mk.
ADAPTERS := hukou marriage social-security xml
