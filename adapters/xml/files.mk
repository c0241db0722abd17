xml_SRC := adapters/xml/xml.c
