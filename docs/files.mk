man_PAGES := docs/man/hutong.1 docs/man/hutong.conf.5 docs/man/zh_CN/hutong.1 docs/man/zh_CN/hutong.conf.5
docs_DATA := docs/examples/police.conf docs/examples/city.conf docs/examples/calendar-2026.txt \
	docs/monitoring/README.md docs/monitoring/hutong-alerts.yml docs/monitoring/hutong-dashboard.json
docs_DATA += $(addprefix docs/guide/,soap-string.xml attributes-gbk.xml labels.xml nested.xml fragment.xml)
page_FILES := $(addprefix docs/,README.md adapter-author.md admin.md config.md consumer.md errors.md errors.zh-CN.md events.md mapping.md metrics.md privacy.md \
	security.md soap-clients.md wire.md)
page_FILES += $(addprefix docs/,consumer.zh-CN.md privacy.zh-CN.md admin.zh-CN.md security.zh-CN.md mapping.zh-CN.md adapter-author.zh-CN.md wire.zh-CN.md config.zh-CN.md events.zh-CN.md metrics.zh-CN.md)
page_FILES += docs/guide/connect.md docs/guide/connect.zh-CN.md
page_FILES += $(patsubst $(srcdir)/%,%,$(sort $(wildcard $(srcdir)/docs/departments/*.md)))
