# SOURCE:WHERE, where make install puts them; %…% in *.in are replaced.
unit_FILES := packaging/hutong.service.in:$(systemdunitdir)/hutong.service \
	packaging/hutong.sysusers:$(sysusersdir)/hutong.conf \
	packaging/hutong.tmpfiles.in:$(tmpfilesdir)/hutong.conf
