// Preloaded with `node --require`: every host name of patientsknowbest.com is this machine.
const dns = require("node:dns");
const lookup = dns.lookup;
dns.lookup = (name, options, callback) =>
  lookup(name.endsWith(".patientsknowbest.com") ? "127.0.0.1" : name, options, callback);
