man_PAGES := docs/man/hutong.1 docs/man/hutong.conf.5
