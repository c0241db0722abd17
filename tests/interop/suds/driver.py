"""driver.py ADDRESS PLAN: does what the plan says with suds, one client for each source."""
import sys

import suds
from suds.client import Client


def nest(arguments):
    """PATH=VALUE as suds takes structures: dictionaries in dictionaries, the names of attributes with _ before them."""
    whole = {}
    for argument in arguments:
        path, value = argument.split("=", 1)
        *folders, name = path.split("/")
        place = whole
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name.replace("@", "_")] = value
    return whole


def flat(answer):
    if not isinstance(answer, suds.sudsobject.Object):
        return {"return": answer}
    return {name: value for name, value in answer if not isinstance(value, (list, suds.sudsobject.Object))}


def describe(fault):
    said = {"code": fault.faultcode, "text": fault.faultstring}
    for name, value in getattr(getattr(fault, "detail", None), "fault", []):
        said["detail." + name] = value
    return said


class Driver:
    def __init__(self, address):
        self.address = address
        self.clients = {}

    def open(self, source):
        if source not in self.clients:
            self.clients[source] = Client("%s/in/%s?wsdl" % (self.address, source), cache=None, timeout=20)
        return self.clients[source]

    def find_port(self, client, service):
        """The service's port of SOAP 1.1. Where there is one service, suds takes the port's name at once."""
        for definition in client.sd:
            for port, _ in definition.ports:
                if definition.service.name == service and port.name.endswith("Soap11"):
                    ports = client.service if len(client.sd) == 1 else client.service[service]
                    return ports[port.name]
        raise LookupError("no port of SOAP 1.1 in " + service)

    def do(self, source, service, operation, arguments):
        client = self.open(source)
        if operation == "-":
            return "opened", {}
        try:
            call = getattr(self.find_port(client, service), operation)
            return "answer", flat(call(**nest(arguments)))
        except suds.WebFault as fault:
            return "fault", describe(fault.fault)


def main():
    driver = Driver(sys.argv[1])
    for line in open(sys.argv[2], encoding="utf-8"):
        number, source, service, _, operation, *arguments = line.rstrip("\n").split("\t")
        try:
            kind, said = driver.do(source, service, operation, arguments)
        except Exception as error:
            kind, said = "error", {"text": "%s: %s" % (type(error).__name__, str(error)[:300])}
        fields = ["%s=%s" % (name, " ".join(str(value).split())) for name, value in said.items()]
        print("\t".join([number, kind] + fields))


main()
