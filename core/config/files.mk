config_SRC := core/config/ini.c core/config/options.c core/config/values.c core/config/network.c core/config/suggest.c core/config/urlpath.c core/config/config.c
