man_PAGES := docs/man/hutong.1 docs/man/hutong.conf.5
docs_DATA := docs/examples/police.conf docs/examples/city.conf \
	docs/monitoring/README.md docs/monitoring/hutong-alerts.yml docs/monitoring/hutong-dashboard.json
