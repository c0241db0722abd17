ingress_SRC := core/ingress/door.c core/ingress/request.c core/ingress/pagecall.c core/ingress/answer.c \
	core/ingress/answer-body.c core/ingress/mhdhead.c core/ingress/peers.c core/ingress/tls.c \
	core/ingress/mhdsource.c core/ingress/listener.c core/ingress/linger.c core/ingress/recent.c
