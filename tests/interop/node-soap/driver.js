// driver.js ADDRESS PLAN: does what the plan says with npm's soap, one client for each source and version of SOAP.
"use strict";
const fs = require("fs");
const soap = require("soap");

const [address, planFile] = process.argv.slice(2);
const clients = new Map();

// PATH=VALUE as objects in objects; attributes are together in one of their own.
function nest(args) {
  const whole = {};
  for (const arg of args) {
    const at = arg.indexOf("=");
    const path = arg.slice(0, at).split("/");
    const name = path.pop();
    let place = whole;
    for (const folder of path) {
      place = place[folder] = place[folder] || {};
    }
    if (name.startsWith("@")) {
      place = place.attributes = place.attributes || {};
    }
    place[name.replace("@", "")] = arg.slice(at + 1);
  }
  return whole;
}

async function open(source, version) {
  const key = source + version;
  if (!clients.has(key)) {
    const options = { forceSoap12Headers: version === "1.2", disableCache: true };
    clients.set(key, await soap.createClientAsync(`${address}/in/${source}?wsdl`, options));
  }
  return clients.get(key);
}

// An element with attributes is an object, with its text under this name.
function textOf(value) {
  return value && value.$value !== undefined ? value.$value : value;
}

// Simple values of the answer by name; a time as the receipt has it.
function flat(answer) {
  if (answer === null || typeof answer !== "object") {
    return { return: answer };
  }
  const said = {};
  for (const [name, value] of Object.entries(answer)) {
    const simple = textOf(value);
    if (simple instanceof Date) {
      said[name] = simple.toISOString();
    } else if (typeof simple !== "object") {
      said[name] = simple;
    }
  }
  return said;
}

// The library's exception: SOAP 1.1 and 1.2 have other names for the same.
function describe(fault) {
  const said = {
    code: fault.faultcode || fault.Code.Value,
    text: textOf(fault.faultstring || fault.Reason.Text),
  };
  const detail = (fault.detail || fault.Detail || {}).fault || {};
  for (const [name, value] of Object.entries(flat(detail))) {
    said["detail." + name] = value;
  }
  return said;
}

async function act([source, service, version, operation, ...args]) {
  const client = await open(source, version);
  if (operation === "-") {
    return ["opened", {}];
  }
  const port = client[service][Object.keys(client[service]).find((name) => name.endsWith(`Soap${version.replace(".", "")}`))];
  try {
    const answer = await new Promise((done, failed) =>
      port[operation](nest(args), (error, result) => (error ? failed(error) : done(result))));
    return ["answer", flat(answer)];
  } catch (error) {
    const fault = error.root && error.root.Envelope && error.root.Envelope.Body.Fault;
    if (!fault) {
      throw error;
    }
    return ["fault", describe(fault)];
  }
}

async function main() {
  for (const line of fs.readFileSync(planFile, "utf-8").split("\n").filter(Boolean)) {
    const [number, ...step] = line.split("\t");
    const [kind, said] = await act(step).catch((error) => ["error", { text: String(error).slice(0, 300) }]);
    const fields = Object.entries(said).map(([name, value]) => `${name}=${String(value).split(/\s+/).join(" ")}`);
    console.log([number, kind, ...fields].join("\t"));
  }
}

main();
